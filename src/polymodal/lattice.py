"""The presence lattice: what a model answers under every presence pattern; everything downstream reads only this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from polymodal.schema.target import Labels, Target

COMPLETE_UP_TO = 12  # modalities; 4,096 patterns


@dataclass(frozen=True)
class Lattice:
    """Predictions for every asked pattern.

    A pattern keeps some modalities of a row and hides the rest; hiding what a row never had changes nothing, so
    `values[p, n]` is the answer from `patterns[p] & present[n]`.

    Attributes:
        modalities: M names, the order of every axis over modalities.
        patterns: `[P, M]` bool; the first is empty and the last is full.
        present: `[N, M]` bool, what each row has.
        values: `[P, N, O]` outputs: probabilities (category, multilabel), the mean (number), the log risk (survival).
        columns: for each target, its columns of the O axis.
        targets: settings of each target.
        labels: for each target with labels in the table, its N labels.
        rows: N row labels (the id column, or the table's index).
        weight: `[N]` sample weights, or None.
        permutations: `[K, M]` orders in which modalities are added, when the patterns are the chains of sampled
            orders instead of all 2^M; None when the lattice is complete.
    """

    modalities: tuple[str, ...]
    patterns: np.ndarray
    present: np.ndarray
    values: np.ndarray
    columns: Mapping[str, slice]
    targets: Mapping[str, Target]
    labels: Mapping[str, Labels] = field(default_factory=dict)
    rows: np.ndarray | None = None
    weight: np.ndarray | None = None
    permutations: np.ndarray | None = None

    @property
    def is_complete(self) -> bool:
        """Whether all 2^M patterns are there."""
        return self.permutations is None

    def of(self, target: str) -> np.ndarray:
        """`[P, N, o]` values of one target."""
        return self.values[:, :, self.columns[target]]

    def place(self, pattern: np.ndarray) -> int | None:
        """Where a pattern `[M]` stands on the first axis, None when it was not asked for."""
        found = np.flatnonzero((self.patterns == pattern).all(axis=1))
        return int(found[0]) if len(found) else None

    def index(self, pattern: np.ndarray) -> int:
        """The same of one that must have been asked for. Raises KeyError when it was not."""
        place = self.place(pattern)
        if place is None:
            kept = [name for name, keep in zip(self.modalities, pattern, strict=True) if keep]
            raise KeyError(f"pattern {kept} is not in the lattice")
        return place


def joined(parts: Sequence[Lattice]) -> Lattice:
    """The lattice of some rows and that of others, one after the other."""
    if len(parts) == 1:
        return parts[0]
    labels = {
        name: Labels(
            np.concatenate([one.labels[name].values for one in parts]),
            np.concatenate([one.labels[name].known for one in parts]),
        )
        for name in parts[0].labels
    }
    rows = [one.rows for one in parts if one.rows is not None]
    weights = [one.weight for one in parts if one.weight is not None]
    return replace(
        parts[0],
        present=np.concatenate([one.present for one in parts]),
        values=np.concatenate([one.values for one in parts], axis=1),
        labels=labels,
        rows=np.concatenate(rows) if rows else None,
        weight=np.concatenate(weights) if weights else None,
    )


def all_patterns(n_modalities: int) -> np.ndarray:
    """All `[2^M, M]` patterns; bit m of the row number says whether modality m is kept.

    >>> all_patterns(2).astype(int).tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    codes = np.arange(2**n_modalities)[:, None]
    return (codes >> np.arange(n_modalities)) & 1 == 1


def prefixes(permutations: np.ndarray) -> np.ndarray:
    """`[K, M + 1, M]` bool, the players that have joined after each step."""
    joined = np.argsort(permutations, axis=1)
    return joined[:, None, :] < np.arange(permutations.shape[1] + 1)[:, None]


def chain_patterns(permutations: np.ndarray) -> np.ndarray:
    """`[P, M]` every pattern that the orders `[K, M]` pass through: empty first, full last, no duplicates.

    >>> chain_patterns(np.array([[0, 1], [1, 0]])).astype(int).tolist()
    [[0, 0], [0, 1], [1, 0], [1, 1]]
    """
    found = np.unique(prefixes(permutations).reshape(-1, permutations.shape[1]), axis=0)
    return found[np.argsort(found.sum(axis=1), kind="stable")]


def requested_patterns(n_modalities: int, samples: int, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
    """All 2^M patterns while that is few; else the chains of sampled orders, and those orders `[K, M]`.

    Orders come in pairs, each with its reverse, which cancels most of the sampling error (antithetic sampling;
    Mitchell et al. 2022).
    """
    if n_modalities <= COMPLETE_UP_TO:
        return all_patterns(n_modalities), None
    random = np.random.default_rng(seed)
    half = [random.permutation(n_modalities) for _ in range(max(1, samples // 2))]
    permutations = np.array([order for one in half for order in (one, one[::-1])])
    return chain_patterns(permutations), permutations
