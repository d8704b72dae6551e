"""The same seed gives the same model bit for bit, the time budget is kept, and nobody's generators are touched."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import polymodal as pm
from polymodal.registry import FUSIONS
from polymodal.testing import random_table

SETTINGS = {"learners": ["network"], "folds": 2, "epochs": 3, "width": 8}


@pytest.fixture(scope="module")
def table() -> pm.Table:
    kinds = {"x": "tabular", "v": "vector", "s": "series", "note": "text", "photo": "image"}
    return random_table(np.random.default_rng(0), kinds, rows=24)


@pytest.mark.parametrize("fusion", FUSIONS.names())
def test_same_seed_same_bits(table, fusion):
    torch.manual_seed(1)
    one = pm.Model(fusion, **SETTINGS).fit(table)
    torch.manual_seed(2)
    two = pm.Model(fusion, **SETTINGS).fit(table)
    for here, there in zip(one.networks, two.networks, strict=True):
        there_weights = there.state_dict()
        assert all(torch.equal(value, there_weights[name]) for name, value in here.state_dict().items())
    assert one.histories == two.histories


def test_other_seed_other_model(table):
    one, two = (pm.Model(seed=seed, **SETTINGS).fit(table).predict(table).outputs["target"] for seed in (0, 1))
    assert not np.array_equal(one, two)


def test_the_callers_generators_are_untouched(table):
    torch.manual_seed(3)
    np.random.seed(3)
    states = torch.get_rng_state(), np.random.get_state()[1].copy()
    pm.Model(**SETTINGS).fit(table)
    assert torch.equal(torch.get_rng_state(), states[0])
    np.testing.assert_array_equal(np.random.get_state()[1], states[1])


def test_budget_is_kept(table, monkeypatch):
    ticks = itertools.count(step=0.05)  # the clock goes on whenever it is looked at, however busy the machine is
    monkeypatch.setattr("polymodal.training.pace.time", SimpleNamespace(monotonic=lambda: next(ticks)))
    settings = {"learners": ["network"], "folds": 2, "epochs": 10_000, "patience": 10_000, "width": 8}
    model = pm.Model(**settings).fit(table, budget="2s")
    assert {one.stopped for one in model.histories} == {"time budget used"}
    assert "the budget ended the training of 2 of 2 networks" in model.limitations[0]
    assert all(1 <= len(one.losses) <= 20 for one in model.histories)  # each has one of the two seconds
    assert np.isfinite(model.predict(table).outputs["target"]).all()


def test_a_budget_of_nothing_still_gives_a_model(table):
    model = pm.Model(folds=1, epochs=50, width=8).fit(table, budget=1e-9)
    assert len(model.histories[0].losses) == 1
    assert np.isfinite(model.predict(table).outputs["target"]).all()


def test_mixed_precision_on_a_cpu():
    generator = np.random.default_rng(0)
    x = generator.normal(size=80)
    frame = {"x": x, "note": ["red one", "blue two"] * 40, "y": 1_000_003.0 + x, "c": np.where(x > 0, "up", "down")}
    table = pm.Table.read(frame, target=["y", "c"], types={"note": "text"})
    settings = {"learners": ["network"], "folds": 1, "epochs": 10, "width": 16}
    mixed = pm.Model(precision="bf16-mixed", **settings).fit(table).predict(table)
    plain = pm.Model(**settings).fit(table).predict(table)
    assert np.abs(mixed.outputs["y"] - plain.outputs["y"]).max() < 1.0  # labels are not rounded to the precision
    assert (mixed.values("c") == plain.values("c")).mean() > 0.9
