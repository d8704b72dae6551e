"""A portfolio written down and read again is the same, bit for bit."""

import json

import numpy as np
import pytest

import polymodal as pm
from polymodal.errors import ArtifactError
from polymodal.lattice import all_patterns
from polymodal.portfolio.export import pack, unpack

ROWS = 36
RANDOM = np.random.default_rng(0)
ODD = np.arange(ROWS) % 2


@pytest.fixture(scope="module")
def fitted():
    x = ODD + RANDOM.normal(size=ROWS)
    columns = {
        "x": [None if row % 4 == 0 else x[row] for row in range(ROWS)],
        "ward": [None if row % 5 == 0 else f"w{row % 3}" for row in range(ROWS)],
        "a/b.c": [None if row % 3 == 0 else f"note {'x' * ODD[row]} {row % 7}" for row in range(ROWS)],
        "y": [["no", "yes"][odd] for odd in ODD],
        "z": 5 + 3 * x,
        "p": ODD,
        "q": [1] * ROWS,
        "t": RANDOM.exponential(np.exp(-x)),
        "e": [1, 1, 0] * (ROWS // 3),
    }
    targets = {
        "y": pm.Category(),
        "z": pm.Number(),
        "both": pm.Multilabel(columns=("p", "q")),
        "life": pm.Survival("t", "e"),
    }
    table = pm.Table.read(columns, target=targets, types={"a/b.c": "text"})
    return pm.Model(preset="fast", folds=1).fit(table), table


def test_packed_and_unpacked(fitted):
    model, table = fitted
    tensors, record = pack(model.portfolio)
    again = unpack(tensors, json.loads(json.dumps(record)), model.schema.targets, [])
    memory, patterns = model.preprocessor.prepare(table), all_patterns(len(model.schema.names))
    np.testing.assert_array_equal(again.answer(memory, patterns), model.portfolio.answer(memory, patterns))
    assert again.standings == model.portfolio.standings
    assert again.baselines.keys() == {"life"}
    np.testing.assert_array_equal(again.baselines["life"], model.portfolio.baselines["life"])


def test_saved_and_loaded(fitted, tmp_path):
    model, table = fitted
    again = pm.load(model.save(tmp_path / "model.pm"))
    assert again.preset == "fast"
    for name, outputs in model.predict(table).outputs.items():
        np.testing.assert_array_equal(again.predict(table).outputs[name], outputs)


def test_learners_of_no_weight_are_not_kept(fitted):
    portfolio = fitted[0].portfolio
    for name, stack in portfolio.stacks.items():
        used = {member for member, share in zip(stack.members, stack.weights.T, strict=True) if share.any()}
        assert set(portfolio.learners[name]) == used


@pytest.mark.parametrize("gone", ["stack/0/weights", "features/1/mean", "learner/0/0/prior"])
def test_a_part_that_is_gone_is_told(fitted, gone, tmp_path, monkeypatch):
    model, _ = fitted
    tensors, record = pack(model.portfolio)
    assert gone in tensors
    del tensors[gone]
    monkeypatch.setattr("polymodal.saving.pack", lambda portfolio: (tensors, record))
    with pytest.raises(ArtifactError, match="is damaged: its description lacks or misnames something"):
        pm.load(model.save(tmp_path / "model.pm"))
