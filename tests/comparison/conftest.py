"""Runs with known answers, made from labels instead of models."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from polymodal.comparison.runs import Run
from polymodal.comparison.significance import Judges
from polymodal.metrics import find
from polymodal.schema.target import Category, Labels

N = 200
TARGET = Category(classes=("no", "yes"))
TRUTH = np.arange(N) % 2


@pytest.fixture
def judges() -> Callable[..., Judges]:
    """Makes judges of 200 rows, half of them "yes"; the second half is held out unless masks are given."""

    def make(masks=None, groups=None, metric="accuracy", known=None, weight=None) -> Judges:
        known = np.ones(N, dtype=bool) if known is None else known
        masks = [np.arange(N) >= N // 2] if masks is None else masks
        return Judges.of(TARGET, find(TARGET, metric), Labels(TRUTH, known), weight, masks, groups)

    return make


@pytest.fixture
def said() -> Callable[..., np.ndarray]:
    """Makes answers `[200, 2]` that are right in all but the rows `wrong`."""

    def make(wrong=()) -> np.ndarray:
        chosen = TRUTH.copy()
        chosen[list(wrong)] = 1 - chosen[list(wrong)]
        return np.eye(2)[chosen] * 0.8 + 0.1

    return make


@pytest.fixture
def run() -> Callable[..., Run]:
    """Makes a run from what it says of all 200 rows, cut to the rows that each mask holds out."""

    def make(name, answers, masks=None, kind="model", error="") -> Run:
        masks = [np.arange(N) >= N // 2] if masks is None else masks
        return Run(name, kind, [{"y": answers[mask]} for mask in masks], [1.0] * len(masks), [0.1] * len(masks), error)

    return make
