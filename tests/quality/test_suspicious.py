import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import SettingError
from polymodal.quality.suspicious import contradicted
from polymodal.schema.table import Table

QUICK = {"learners": ["linear"], "folds": 1}


def easy(n: int = 160, flipped: int = 16) -> tuple[pd.DataFrame, set[int]]:
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, n)
    frame = pd.DataFrame(random.normal(size=(n, 3)) + 6 * np.eye(3)[truth], columns=["a", "b", "c"])
    wrong = random.choice(n, flipped, replace=False)
    truth[wrong] = (truth[wrong] + random.integers(1, 3, flipped)) % 3
    frame["y"] = np.array(["p", "q", "r"])[truth]
    return frame, set(wrong.tolist())


def test_planted_flips_are_found() -> None:
    frame, wrong = easy()
    before = frame.copy()
    found = pm.suspicious(Table.read(frame, target="y"), model=QUICK, folds=4)
    told = set(found.rows.tolist())
    assert len(told & wrong) >= 0.8 * len(wrong)
    assert len(told & wrong) >= 0.8 * len(told)
    shown = found.to_pandas()
    assert shown["score"].is_monotonic_decreasing
    assert (shown["given"] == frame["y"].to_numpy()[shown["position"]]).all()
    assert (shown["given"] != shown["suggested"]).all()
    assert f"of {len(frame)} labels in doubt" in str(found)
    pd.testing.assert_frame_equal(frame, before)


def test_numbers_far_from_what_the_others_say() -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"x": random.normal(size=100)})
    frame["y"] = 3 * frame["x"] + random.normal(size=100) * 0.1
    frame.loc[[4, 40], "y"] += [5.0, -4.0]
    frame.loc[9, "y"] = np.nan
    model = pm.Model(**QUICK)
    found = pm.suspicious(Table.read(frame, target={"y": pm.Number()}), model=model, folds=4)
    assert found.rows[:2].tolist() == [4, 40]
    assert len(found) <= 4
    assert found.judged == 99
    assert not model.is_fitted


def test_yes_or_no_labels_each_by_itself() -> None:
    frame, wrong = easy()
    frame["p"], frame["q"] = (frame["y"] == "p").astype(int), (frame["a"] > 3).astype(int)
    target = {"both": pm.Multilabel(columns=("p", "q"))}
    found = pm.suspicious(Table.read(frame.drop(columns="y"), target=target), model=QUICK, folds=4)
    assert {one.label for one in found} == {"p"}
    assert set(found.rows.tolist()) <= wrong


def test_the_confident_joint_by_hand() -> None:
    # Least for class 0: mean(.9, .6, .4); for class 1: mean(.8, .3).
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.4, 0.6], [0.2, 0.8], [0.7, 0.3]])
    other, lead = contradicted(probabilities, np.array([0, 0, 0, 1, 1]))
    assert other.tolist() == [0, 0, 1, 1, 0]
    assert lead.tolist() == pytest.approx([0, 0, 0.2, 0, 0.4])


def test_what_cannot_be_judged_is_refused() -> None:
    frame = pd.DataFrame({"x": np.arange(20.0), "days": np.arange(1.0, 21), "dead": [0, 1] * 10})
    survival = Table.read(frame, target={"survival": pm.Survival("days", "dead")})
    with pytest.raises(SettingError, match="'survival' \\(survival\\) came"):
        pm.suspicious(survival)
    table = Table.read(frame, target="dead")
    with pytest.raises(SettingError, match="Did you mean 'dead'"):
        pm.suspicious(table, "daed")
    with pytest.raises(SettingError, match="model= is"):
        pm.suspicious(table, model=3)
    with pytest.raises(SettingError, match="no target"):
        pm.suspicious(Table.read(frame))
    with pytest.raises(SettingError, match=r"no setting 'learnrs'\. Did you mean 'learners'"):
        pm.suspicious(table, model={"learnrs": ["linear"]})
    with pytest.raises(SettingError, match="folds=1: rows are judged by models of the other folds"):
        pm.suspicious(table, folds=1)
