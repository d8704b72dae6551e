"""Designs drawn at random, and tasks on them that can be learnt."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from polymodal.features._counts import Counts
from polymodal.learners._design import Design
from polymodal.learners._evidence import prior_of
from polymodal.learners._learner import Task
from polymodal.schema.target import Category, Discrete, Labels, Multilabel, Number, Ordinal, Survival, Target

TARGETS: dict[str, Target] = {
    "two": Category(classes=("a", "b")),
    "three": Category(classes=("a", "b", "c")),
    "multilabel": Multilabel(classes=("p", "q")),
    "number": Number(),
    "ordinal": Ordinal(levels=("low", "middle", "high")),
    "survival": Survival("time", "event"),
}


def draw_design(rows: int = 60, missing: float = 0.3, seed: int = 0, sparse: bool = False) -> Design:
    """Modality "v" of 4 columns with gaps, "w" of 6, "c" of a code and a number; every row has one of them at least.

    "v" and "w" are also counted: as a word for each of their first two columns, high or low, and one of no meaning.
    """
    random = np.random.default_rng(seed)
    names = ("v", "w", "c")
    present = random.random((rows, 3)) >= missing
    present[~present.any(axis=1), 0] = True
    wide, compact, identity, counts = {}, {}, {}, {}
    for position, (name, width) in enumerate(zip(names, (4, 6, 2), strict=True)):
        cells = random.normal(size=(rows, width)).astype(np.float32)
        compact[name] = cells.copy()
        compact[name][random.random(cells.shape) < 0.1] = np.nan
        if name == "c":
            compact[name][:, 0] = random.integers(0, 3, rows)
        here = present[:, position]
        wide[name] = csr_matrix(cells[here]) if sparse and name == "w" else cells[here]
        compact[name] = compact[name][here]
        identity[name] = np.digitize(cells[here, 0], np.linspace(-1.5, 1.5, 8))  # nine cells that come back
        if name != "c":
            words = np.concatenate([cells[here, :2] > 0, np.ones((int(here.sum()), 1), dtype=bool)], axis=1)
            counts[name] = Counts.of(*np.nonzero(words), int(here.sum()))
    return Design(wide, compact, {"v": (), "w": (), "c": (0,)}, present, names, identity, counts)


def draw_task(design: Design, target: Target, seed: int = 0, weight: np.ndarray | None = None) -> Task:
    """Labels that follow the first columns of what is present, and noise."""
    random = np.random.default_rng(seed)
    n = len(design)
    signal = 0.3 * random.normal(size=n)
    for name in design.names:
        signal[design.rows(name)] += np.asarray(design.wide[name][:, [0]].sum(axis=1)).ravel()
    known = np.ones(n, dtype=bool)
    if isinstance(target, Discrete):
        classes = len(target.classes)
        values = np.digitize(signal, np.quantile(signal, np.arange(1, classes) / classes))
    elif target.kind == "multilabel":
        values = np.stack([signal > 0, random.random(n) < 0.3], axis=1).astype(float)
        known = random.random((n, 2)) < 0.8
        values[~known] = 0.0
    elif target.kind == "number":
        values = 10 + 3 * signal
    else:
        values = np.stack([random.exponential(np.exp(-signal)), (random.random(n) < 0.7) * 1.0], axis=1)
    labels = Labels(values, known)
    share = np.ones(n) if weight is None else weight
    return Task(target, labels, share, prior_of(target, labels, share))


@pytest.fixture
def make_design() -> Callable[..., Design]:
    """Makes a design; see `draw_design`."""
    return draw_design


@pytest.fixture
def make_task() -> Callable[..., Task]:
    """Makes a task; see `draw_task`."""
    return draw_task


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest) -> Target:
    """Each kind of target."""
    return TARGETS[request.param]
