"""Rows as plain features, packed by presence: what learners see instead of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from polymodal.features._counts import Counts
from polymodal.features._distinct import identity
from polymodal.features._features import Features, Matrix


@dataclass(frozen=True)
class Design:
    """N rows of M modalities.

    Attributes:
        wide: for each modality that any row has `[n_present, W]`, without gaps; zero is neutral.
        compact: for each of them `[n_present, C]`; NaN is a gap.
        categorical: the columns of the compact matrix that hold codes.
        present: `[N, M]` bool.
        names: the M modalities.
        identity: for each modality that any row has `[n_present]`, equal for equal cells and only for them.
        counts: for each that any row has of two or more texts, the words of each cell.
    """

    wide: Mapping[str, Matrix]
    compact: Mapping[str, np.ndarray]
    categorical: Mapping[str, tuple[int, ...]]
    present: np.ndarray
    names: tuple[str, ...]
    identity: Mapping[str, np.ndarray] = field(default_factory=dict)
    counts: Mapping[str, Counts] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        features: Mapping[str, Features],
        arrays: Mapping[str, Sequence[np.ndarray | None]],
        present: np.ndarray,
        views: Sequence[str] = ("wide", "compact", "identity", "counts"),
    ) -> Design:
        """Prepared rows in the views that somebody is going to look at; a modality without features is not there."""
        wide: dict[str, Matrix] = {}
        compact: dict[str, np.ndarray] = {}
        identities: dict[str, np.ndarray] = {}
        counts: dict[str, Counts] = {}
        is_counted = "counts" in views and sum(one.is_counted for one in features.values()) > 1
        kept = present.copy()
        for position, name in enumerate(arrays):
            one = features.get(name)
            kept[:, position] &= one is not None
            here = np.flatnonzero(kept[:, position]).tolist()
            cells = [array for row in here if (array := arrays[name][row]) is not None]
            if one is not None and cells:
                wide |= {name: one.wide(cells)} if "wide" in views else {}
                compact |= {name: one.compact(cells)} if "compact" in views else {}
                identities |= {name: np.array([*map(identity, cells)])} if "identity" in views else {}
                counts |= {name: one.counts(cells)} if is_counted and one.is_counted else {}
        categorical = {n: one.categorical for n, one in features.items()}
        return cls(wide, compact, categorical, kept, tuple(arrays), identities, counts)

    def __len__(self) -> int:
        return len(self.present)

    def rows(self, name: str) -> np.ndarray:
        """Positions of the rows that have a modality."""
        return np.flatnonzero(self.present[:, self.names.index(name)])


def distinct_subsets(present: np.ndarray, patterns: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The different questions in asking rows `[N, M]` under patterns `[P, M]`.

    Hiding what a row never had asks nothing new. Returns the row `[Q]` and the subset `[Q, M]` of each question, and
    which question answers each pattern for each row `[P, N]`.

    >>> rows, subsets, where = distinct_subsets(np.array([[True, False]]), np.array([[True, False], [True, True]]))
    >>> len(rows), where.tolist()
    (1, [[0], [0]])
    """
    shapes, shape_of = np.unique(present, axis=0, return_inverse=True)
    shape_of = shape_of.ravel()
    rows, subsets = [], []
    where = np.empty((len(patterns), len(present)), dtype=np.int64)
    asked = 0
    for number, shape in enumerate(shapes):
        members = np.flatnonzero(shape_of == number)
        found, which = np.unique(patterns & shape, axis=0, return_inverse=True)
        rows.append(np.tile(members, len(found)))
        subsets.append(np.repeat(found, len(members), axis=0))
        where[:, members] = asked + which.ravel()[:, None] * len(members) + np.arange(len(members))
        asked += len(found) * len(members)
    if not rows:
        return np.zeros(0, dtype=np.int64), np.zeros((0, present.shape[1]), dtype=bool), where
    return np.concatenate(rows), np.concatenate(subsets), where
