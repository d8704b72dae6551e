"""Rows of a store that are parted without being read."""

from __future__ import annotations

import numpy as np
import pytest

import polymodal as pm
from polymodal import asked
from polymodal.asked import as_training, in_blocks
from polymodal.store.loader.part import Part, split


def test_rows_are_parted_as_those_of_a_table(store: pm.Store) -> None:
    parts = split(store, 0.3, 2, "random")
    assert sorted(np.concatenate([one.places for one in parts])) == list(range(len(store)))
    for part, table in zip(parts, store.table().split(0.3, seed=2), strict=True):
        assert part.names().tolist() == table.frame.index.tolist()
        assert as_training(part).present().tolist() == table.present().tolist()
        assert part.outline().present().tolist() == table.present().tolist()


def test_a_part_is_asked_block_by_block(store: pm.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    part = Part(store, np.arange(5, 85, 2))
    [(together, _)] = in_blocks(part, store.schema, None)
    monkeypatch.setattr(asked, "_BLOCK", 16)
    blocks = [table for table, _ in in_blocks(part, store.schema, None)]
    assert [len(one) for one in blocks] == [16, 16, 8]
    assert [name for one in blocks for name in one.frame.index] == together.frame.index.tolist()
    assert np.concatenate([one.present() for one in blocks]).tolist() == together.present().tolist()


def test_a_part_that_is_larger_than_memory_is_learnt_from(store: pm.Store) -> None:
    train, test = split(store, 0.3, 0, "random")
    model = pm.Model(learners=["linear"], folds=1).fit(train, memory=0)
    assert any(f"its {len(train)} rows batch by batch" in one for one in model.limitations)
    assert len(model.predict(test)) == len(test)
    assert model.evaluate(test).to_dict() == model.evaluate(store.take(test.places)).to_dict()
