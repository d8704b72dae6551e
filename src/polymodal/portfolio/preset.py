"""How much is trained: a quick answer, the default, or all that pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from polymodal.registry import FUSIONS, LEARNERS
from polymodal.schema.table import Table
from polymodal.training.rows import LEAST_ROWS
from polymodal.training.settings import NETWORK

FOLDS = 5
FEW_GROUPS = 50  # groups below which one held-out set says more about who is in it than about the model


@dataclass(frozen=True)
class Preset:
    """What `fit` trains.

    Attributes:
        learners: "network" (of the model's fusion), names of further fusions, and of registered learners. Where groups
            are few, `learners_for` adds to them.
        folds_below: rows below which five folds are trained instead of one held-out set.
        grouped_below: the same, where few groups make one held-out set a matter of luck.
        is_quick: whether several networks share the passes that two would get.
    """

    learners: tuple[str, ...]
    folds_below: int
    grouped_below: int
    is_quick: bool = True

    def n_folds(self, table: Table) -> int:
        """Five folds while that is affordable, else one held-out set; never more than there are groups."""
        limit = self.grouped_below if _has_few_groups(table) else self.folds_below
        return min(FOLDS, table.n_groups) if len(table) < limit else 1

    def learners_for(self, table: Table) -> tuple[str, ...]:
        """The learners, and where groups are few one more that carries over to groups not seen.

        Logistic regression leans on the rows nearest to a boundary, which then are the odd rows of a few people or
        machines; the means and the covariance of normal distributions lean on all rows alike.
        """
        return (*self.learners, *_OF_FEW_GROUPS) if _has_few_groups(table) else self.learners


# Factors and trees with them only where cells come back, texts only where there are several.
_PLAIN = ("linear", "trees", "factors", "factored_trees", "texts")
_OF_FEW_GROUPS = ("gaussian",)

PRESETS = {
    "fast": Preset(_PLAIN, folds_below=500, grouped_below=5_000),
    "good": Preset(("network", *_PLAIN), folds_below=500, grouped_below=5_000),
    "best": Preset(("network", "late", *_PLAIN), folds_below=20_000, grouped_below=20_000, is_quick=False),
}


def _has_few_groups(table: Table) -> bool:
    return table.n_groups < min(FEW_GROUPS, len(table))


def least_rows(learners: Sequence[str]) -> int:
    """How many rows something of what is trained can learn from.

    >>> least_rows(["network"]), least_rows(["prototypes"])
    (8, 2)
    """
    if networks_of(learners):
        return LEAST_ROWS
    return min(int(LEARNERS.get(one).least) for one in learners)


def networks_of(learners: Sequence[str], fusion: str = "") -> list[str]:
    """Those of the names that are networks: "network", and further fusions that are not the model's own again.

    >>> networks_of(["network", "late", "trees"]), networks_of(["network", "late"], fusion="late")
    (['network', 'late'], ['network'])
    """
    is_own_there = NETWORK in learners
    fusions = [one for one in learners if one in FUSIONS.names() and not (is_own_there and one == fusion)]
    return [NETWORK] * is_own_there + fusions


def judging_patterns(present: np.ndarray, most: int = 32) -> np.ndarray:
    """`[P, M]` patterns that members are weighed under; the full one last.

    Every non-empty one while there are at most `most`; else each modality alone, each left out, and the commonest of
    those that the rows `[N, M]` really have.
    """
    n_modalities = present.shape[1]
    if n_modalities <= 62 and 2**n_modalities - 1 <= most:
        codes = np.arange(1, 2**n_modalities)
        return (codes[:, None] >> np.arange(n_modalities)) & 1 == 1
    one = np.eye(n_modalities, dtype=bool)
    found, counts = np.unique(present, axis=0, return_counts=True)
    real = found[np.argsort(-counts, kind="stable")][:most]
    full = np.ones((1, n_modalities), dtype=bool)
    patterns = np.unique(np.concatenate([one, ~one, real[real.any(axis=1)], full]), axis=0)
    return patterns[np.argsort(patterns.sum(axis=1), kind="stable")]
