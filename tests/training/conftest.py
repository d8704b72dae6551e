"""A run that breaks off and goes on, for every option of the training loop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import polymodal as pm
from polymodal.testing import random_table
from polymodal.training.checkpoint import Checkpoint

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
