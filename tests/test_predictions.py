"""Answers as labels, probabilities, curves and one line a row."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from polymodal.errors import CellError, SettingError
from polymodal.predictions import Baseline, Predictions
from polymodal.schema.target import Category, Multilabel, Number, Ordinal, Survival

TIMES, HAZARD = np.array([1.0, 2.0, 4.0]), np.array([0.5, 1.0, 2.0])


def predictions() -> Predictions:
    return Predictions(
        rows=np.array(["p", "q"]),
        outputs={
            "kind": np.array([[0.25, 0.75], [0.5, 0.5]]),
            "signs": np.array([[0.1, 0.5, 0.9], [0.6, 0.2, 0.0]]),
            "age": np.array([[30.0], [40.5]]),
            "grade": np.array([[0.4, 0.3, 0.3], [0.1, 0.2, 0.7]]),
            "life": np.array([[0.0], [-3.0]]),
        },
        targets={
            "kind": Category(classes=("mild", "severe")),
            "signs": Multilabel(classes=("a", "b", "c")),
            "age": Number(),
            "grade": Ordinal(levels=(1, 2, 3)),
            "life": Survival(time="days", event="dead"),
        },
        modalities=("note", "photo"),
        used=np.array([[True, True], [False, False]]),
        faults=[CellError("q", "photo", "not a readable picture")],
        baselines={"life": Baseline(TIMES, HAZARD)},
        faulty_rows=[1],
    )


def test_values_of_each_kind() -> None:
    given = predictions()
    assert given.values("kind").tolist() == ["severe", "mild"]
    assert given.values("signs").tolist() == [[0, 1, 1], [1, 0, 0]]
    assert given.values("age").tolist() == [30.0, 40.5]
    assert given.values("grade").tolist() == [2, 3]  # the median level, not the likeliest
    assert given.values("life").tolist() == [2.0, np.inf]  # exp(-1) <= .5 at 2; exp(-2 exp(-3)) never gets there


def test_curves_are_the_baseline_raised_to_the_risk() -> None:
    curves = predictions().curves("life")
    expected = np.exp(-HAZARD[:, None] * np.exp([0.0, -3.0]))
    np.testing.assert_allclose(curves, expected)
    assert curves.index.tolist() == TIMES.tolist()
    assert curves.columns.tolist() == ["p", "q"]
    steps = predictions().curves("life", at=[0.0, 1.5, 100.0])["p"]
    np.testing.assert_allclose(steps, np.exp([0.0, -0.5, -2.0]))


def test_one_line_a_row() -> None:
    frame = predictions().to_pandas()
    assert frame.index.tolist() == ["p", "q"]
    assert frame["kind"].tolist() == ["severe", "mild"]
    assert frame["kind: p(severe)"].tolist() == [0.75, 0.5]
    assert frame["signs: p(c)"].tolist() == [0.9, 0.0]
    assert frame["signs"].tolist() == ["b, c", "a"]
    assert frame["grade: p(3)"].tolist() == [0.3, 0.7]
    assert frame["age"].tolist() == [30.0, 40.5]
    assert frame["life: median time"].tolist() == [2.0, np.inf]
    assert frame["used"].tolist() == ["note, photo", "nothing: prior"]
    assert frame["unreadable"].tolist() == ["", "photo: not a readable picture"]


def test_the_target_may_be_left_out_when_there_is_one() -> None:
    whole = predictions()
    single = Predictions(
        rows=whole.rows,
        outputs={"age": whole.outputs["age"]},
        targets={"age": whole.targets["age"]},
        modalities=whole.modalities,
        used=whole.used,
    )
    assert single.values().tolist() == [30.0, 40.5]
    with pytest.raises(SettingError, match="say which target is meant"):
        whole.values()
    with pytest.raises(SettingError, match="Did you mean 'life'"):
        whole.values("live")


def test_what_a_kind_does_not_have_is_refused() -> None:
    with pytest.raises(SettingError, match="no class probabilities"):
        predictions().probabilities("age")
    with pytest.raises(SettingError, match="no survival curve"):
        predictions().curves("kind")


def test_no_event_was_ever_seen() -> None:
    empty = Baseline(np.zeros(0), np.zeros(0))
    given = Predictions(
        rows=np.array([0]),
        outputs={"life": np.zeros((1, 1))},
        targets={"life": Survival(time="days", event="dead")},
        modalities=("note",),
        used=np.array([[True]]),
        baselines={"life": empty},
    )
    assert given.values().tolist() == [np.inf]
    assert len(given.to_pandas()) == 1


def test_it_prints() -> None:
    text = str(predictions())
    assert "severe" in text
    assert "unreadable: row q, column 'photo'" in text
    pd.testing.assert_frame_equal(predictions().probabilities("kind"), predictions().probabilities("kind"))
    assert "<table" in predictions()._repr_html_()


def test_thresholds_decide_the_answers_and_are_said() -> None:
    given = predictions()
    decided = Category(classes=("mild", "severe"), decide="f1", thresholds=(0.8,))
    labels = Multilabel(classes=("a", "b", "c"), thresholds=(0.05, 0.5, 0.95))
    given = replace(given, targets={**given.targets, "kind": decided, "signs": labels})
    assert given.values("kind").tolist() == ["mild", "mild"]
    assert given.values("signs").tolist() == [[1, 1, 0], [1, 0, 0]]
    assert given.probabilities("kind")["severe"].tolist() == [0.75, 0.5]
    assert "note: kind: 'severe' is answered from a probability of 0.8 on (chosen for f1)" in str(given)
    assert "note: signs: labels are answered from these probabilities on: 'a' 0.05, 'b' 0.5, 'c' 0.95" in str(given)


def test_the_only_target_with_probabilities_need_not_be_named() -> None:
    kinds = {name: one for name, one in predictions().targets.items() if name in ("age", "life", "kind")}
    pd.testing.assert_frame_equal(
        replace(predictions(), targets=kinds).probabilities(), predictions().probabilities("kind")
    )
    with pytest.raises(SettingError, match="say which target is meant"):
        predictions().probabilities()
