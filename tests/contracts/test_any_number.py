"""Law 10: whatever works for two modalities works for one, three and eight."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import polymodal as pm
from polymodal.registry import FUSIONS, MODALITIES
from polymodal.testing import random_table

ROWS = 20


def mixed(count: int) -> pm.Table:
    """`count` modalities of all registered kinds in turn."""
    names = MODALITIES.names()
    kinds = {f"{names[place % len(names)]} {place}": names[place % len(names)] for place in range(count)}
    return random_table(np.random.default_rng(count), kinds, ROWS, missing=0.3)


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_the_whole_road(count, tmp_path, answers):
    model, table = pm.Model(folds=1, epochs=1, width=8), mixed(count)
    learn_and_keep(model, table, tmp_path, answers)
    evaluation, explanation = model.evaluate(table, resamples=20), model.explain(table)
    for name in table.schema.names:
        assert name in str(evaluation)
        assert name in str(explanation)


@pytest.mark.parametrize("count", [1, 3, 8])
@pytest.mark.parametrize("fusion", FUSIONS.names())
def test_every_fusion(fusion, count, tmp_path, answers):
    learn_and_keep(pm.Model(fusion, learners=["network"], folds=1, epochs=1, width=8), mixed(count), tmp_path, answers)


def learn_and_keep(model: pm.Model, table: pm.Table, tmp_path: Path, answers: Callable[..., np.ndarray]) -> None:
    model.fit(table)
    before = answers(model, table)
    assert np.isfinite(before).all()
    np.testing.assert_array_equal(answers(pm.load(model.save(tmp_path / "model.pm")), table), before)
    assert model.lattice(table).values.shape[0] == 2 ** len(table.schema.names)


@pytest.mark.parametrize("fusion", FUSIONS.names())
def test_more_modalities_than_a_complete_lattice_holds(fusion, make_model):
    kinds = {f"v{place:02}": "tabular" for place in range(14)}
    table = random_table(np.random.default_rng(0), kinds, 8, missing=0.3)
    model = make_model(table, fusion)
    lattice = model.lattice(table, samples=8)
    assert not lattice.is_complete
    assert lattice.patterns[0].sum() == 0
    assert lattice.patterns[-1].all()
    np.testing.assert_allclose(lattice.values[-1], model.predict(table).outputs["target"], atol=1e-5)
