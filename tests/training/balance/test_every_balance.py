"""Whatever is registered trains, repeats and resumes, for any targets, and leaves a finite note on every epoch."""

import numpy as np
import pytest

import polymodal as pm
from polymodal.registry import BALANCES
from polymodal.testing import random_table

pytestmark = pytest.mark.parametrize("name", BALANCES.names())


def test_trains_repeats_and_resumes(name, broken_off, tmp_path) -> None:
    [history] = broken_off({"balance": name}, tmp_path / "run").histories
    assert len(history.balance) == len(history.losses)
    assert all(np.isfinite(values).all() for note in history.balance for values in note.values())
    assert len({str(note) for note in history.balance}) > 1


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_any_targets_any_gaps(name, precision) -> None:
    random = np.random.default_rng(0)
    table = random_table(random, {"x": "tabular", "v": "vector", "s": "series"}, rows=24, missing=0.5)
    n = len(table.frame)
    labels = {
        "n": random.normal(size=n),
        "d": random.exponential(size=n),
        "e": [0, 1] * (n // 2),
        "f": [0, 0, 1] * (n // 3),
        "c": list("ab") * (n // 2),
    }
    frame = table.frame.drop(columns="target").assign(**labels)
    frame.loc[::3, ["n", "c"]] = None
    targets = {
        "n": pm.Number(),
        "s of d": pm.Survival("d", "e"),
        "c": pm.Category(),
        "m": pm.Multilabel(columns=("f",)),
    }
    read = pm.Table.read(frame, target=targets, types=dict(table.schema.modalities))
    settings = {"learners": ["network"], "folds": 1, "epochs": 2, "width": 8, "batch_size": 6, "accelerator": "cpu"}
    model = pm.Model(balance=name, precision=precision, **settings).fit(read)
    assert all(np.isfinite(answers).all() for answers in model.predict(read).outputs.values())


def test_one_modality_will_do(name) -> None:
    table = pm.Table.read({"x": np.arange(20.0), "y": ["a", "b"] * 10}, target="y")
    model = pm.Model(balance=name, learners=["network"], folds=1, epochs=2, width=8).fit(table)
    assert np.isfinite(model.histories[0].losses).all()


def test_it_is_saved(name, tmp_path) -> None:
    table = pm.Table.read({"x": np.arange(20.0), "y": ["a", "b"] * 10}, target="y")
    model = pm.Model(balance=name, learners=["network"], folds=1, epochs=2, width=8).fit(table)
    again = pm.load(model.save(tmp_path / "m.pm"))
    assert again.balance == name
    assert again.histories == model.histories
