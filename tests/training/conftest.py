"""A run that breaks off and goes on, for every option of the training loop; and a small network to look into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import polymodal as pm
from polymodal.network import Network
from polymodal.store.memory import Memory
from polymodal.store.preprocessing import Preprocessor
from polymodal.testing import random_table
from polymodal.training.build import build
from polymodal.training.checkpoint import Checkpoint
from polymodal.training.step import Losses, Shown, Step

_SETTINGS = {"learners": ["network"], "folds": 1, "epochs": 6, "patience": 6, "width": 8, "batch_size": 8}


class Broken(Exception):
    """The run is broken off."""


def _weights(model: pm.Model) -> list[torch.Tensor]:
    return list(model.networks[0].state_dict().values())


@pytest.fixture
def broken_off(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any], Path], pm.Model]:
    """Fits twice, and once more broken off half way and resumed: all three are the same bit for bit."""
    table = random_table(np.random.default_rng(0), {"x": "tabular", "v": "vector", "note": "text"}, rows=30)

    def check(settings: dict[str, Any], path: Path) -> pm.Model:
        whole, again = (pm.Model(**{**_SETTINGS, **settings}).fit(table) for _ in range(2))
        save, calls = Checkpoint.save, []

        def save_thrice(self: Checkpoint, *state: Any) -> None:
            save(self, *state)
            calls.append(state)
            if len(calls) == 3:
                raise Broken

        with monkeypatch.context() as patch:
            patch.setattr(Checkpoint, "save", save_thrice)
            with pytest.raises(Broken):
                pm.Model(**{**_SETTINGS, **settings}).fit(table, checkpoint=path)
        resumed = pm.Model(**{**_SETTINGS, **settings}).fit(table, checkpoint=path)
        for other in (again, resumed):
            assert other.histories == whole.histories
            assert all(torch.equal(one, two) for one, two in zip(_weights(whole), _weights(other), strict=True))
        assert np.isfinite(whole.histories[0].losses).all()
        return whole

    return check


@pytest.fixture
def rows() -> Memory:
    """Thirty rows of two modalities, some of them absent."""
    table = random_table(np.random.default_rng(0), {"x": "tabular", "v": "vector"}, rows=30, missing=0.2)
    table = pm.Table(table.frame[table.present().any(axis=1)], table.schema)
    return Preprocessor.measure(table, {}).prepare(table)


@pytest.fixture
def network(rows: Memory) -> Network:
    """Its weights are large enough for every part to have a gradient."""
    target = pm.Category(classes=tuple("abc"[: int(rows.labels["target"].values.max()) + 1]))
    built = build(
        rows.collate, {"target": target}, fusion="late", width=8, dropout=0.0, encoders={}, features={}, seed=0
    )
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in built.parameters():
            weight.add_(0.3 * torch.randn(weight.shape, generator=generator))
    return built


@pytest.fixture
def losses(network: Network, rows: Memory) -> Losses:
    """Of all rows in full, apart."""
    batch = rows.batch(np.arange(len(rows)), with_labels=True)
    found = Step(network, apart=True)(Shown(batch, torch.from_numpy(rows.present)[None]))
    assert isinstance(found, Losses)
    return found
