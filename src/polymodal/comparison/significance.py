"""How sure the differences are: paired bootstrap over the rows held out, and Holm's correction for many lines.

Every line of a target sees the same resamples (Efron and Tibshirani 1993, chapters 13 and 15). What is drawn, with
replacement, is what may be told apart: a row, or where the table has groups, a whole group. A row that several splits
hold out is drawn for all of them at once, so that splits that share rows do not pass for independent ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from polymodal.explain.resampling import FEW_DRAWS, FEW_ROWS, Sample
from polymodal.metrics import resampled
from polymodal.metrics.metric import Metric, mean_defined
from polymodal.schema.target import Labels, Target

_ENTRIES = 5_000_000  # rows times resamples held at once
_WORK = {True: 200_000_000, False: 1_000_000_000}  # rows times resamples, by whether the metric orders the rows
_LEAST_DRAWS = 1_000  # below it no line among twenty can reach 5 % after the correction


@dataclass(frozen=True, eq=False)
class Judges:
    """The rows held out that have a label of one target.

    Attributes:
        target, metric: what is scored, and how.
        labels: of all N rows of the table.
        weight: `[N]`.
        splits: for each split the positions of its rows.
        places: for each split where those rows stand among all that it holds out, as the answers do.
        units: `[N]` codes 0..U-1 of what is drawn together, -1 for rows that never judge.
        n_units: U.
        are_groups: whether whole groups are drawn.
    """

    target: Target
    metric: Metric
    labels: Labels
    weight: np.ndarray
    splits: Sequence[np.ndarray]
    places: Sequence[np.ndarray]
    units: np.ndarray
    n_units: int
    are_groups: bool

    @classmethod
    def of(
        cls,
        target: Target,
        metric: Metric,
        labels: Labels,
        weight: np.ndarray | None,
        masks: Sequence[np.ndarray],
        groups: np.ndarray | None,
    ) -> Judges:
        """Of masks `[N]` of held-out rows; `groups [N]` are drawn whole where at least 10 of them judge."""
        known = labels.known_rows
        judging = np.flatnonzero(np.any(masks, axis=0) & known)
        n_groups = 0 if groups is None else len(np.unique(groups[judging]))
        units = np.full(len(known), -1)
        codes = np.arange(len(known)) if groups is None or n_groups < FEW_ROWS else groups
        _, units[judging] = np.unique(codes[judging], return_inverse=True)
        return cls(
            target,
            metric,
            labels,
            np.ones(len(known)) if weight is None else weight,
            [np.flatnonzero(mask & known) for mask in masks],
            [np.flatnonzero(known[mask]) for mask in masks],
            units,
            int(units.max(initial=-1)) + 1,
            n_groups >= FEW_ROWS,
        )

    @property
    def n_rows(self) -> int:
        """Distinct rows that judge."""
        return int((self.units >= 0).sum())

    def score(self, answers: Mapping[str, Sequence[np.ndarray]], resamples: int, seed: int) -> dict[str, np.ndarray]:
        """By line `[S, 1 + R]` scores of each split, on its rows as they are and on R resamples; nan where undefined.

        `answers` are by line, for each split `[n, o]` of all rows it holds out. R is lower for a million rows.
        """
        found: dict[str, list[np.ndarray]] = {name: [] for name in answers}
        labels = [self.labels.take(rows) for rows in self.splits]
        for counts in self._draws(resamples, seed):
            weights = [self.weight[rows, None] * counts[self.units[rows]] for rows in self.splits]
            for name, said in answers.items():
                parts = zip(said, self.places, labels, weights, strict=True)
                scores = [resampled(self.target, self.metric, one[at], of, w) for one, at, of, w in parts]
                found[name].append(np.stack(scores))
        return {name: np.concatenate(parts, axis=1) for name, parts in found.items()}

    def pooled(self, scores: np.ndarray) -> Sample:
        """The mean over the splits in which it is defined, of `[S, 1 + R]` scores or differences of scores."""
        mean = mean_defined(list(scores))
        return Sample(float(mean[0]), mean[1:], self.n_units)

    def _draws(self, resamples: int, seed: int) -> Iterator[np.ndarray]:
        """`[U, r]` how often each unit was drawn, r resamples at a time; first of all once each."""
        yield np.ones((self.n_units, 1))
        rows = max(1, sum(map(len, self.splits)))
        left = min(resamples, max(_LEAST_DRAWS, _WORK[self.metric.orders_rows] // rows)) if self.n_units else 0
        random = np.random.default_rng(seed)
        while left > 0:
            several = min(left, max(1, _ENTRIES // rows))
            drawn = random.integers(0, self.n_units, (several, self.n_units))
            drawn += np.arange(several)[:, None] * self.n_units
            counts = np.bincount(drawn.ravel(), minlength=several * self.n_units)
            yield counts.reshape(several, self.n_units).T.astype(np.float64)
            left -= several


def p_value(difference: Sample) -> float | None:
    """Two-sided: twice the share of resamples in which the difference is not on its side of zero, at most 1.

    The observed rows count as one more resample (Davison and Hinkley 1997, section 4.2). None where there are too few
    rows or resamples to tell.

    >>> p_value(Sample(0.1, np.array([0.1] * 99), 50)), p_value(Sample(0.0, np.zeros(99), 50))
    (0.02, 1.0)
    """
    draws = difference.draws[~np.isnan(difference.draws)]
    if difference.n_rows < FEW_ROWS or len(draws) < FEW_DRAWS:
        return None
    least = min(int((draws <= 0).sum()), int((draws >= 0).sum()))
    return min(1.0, 2 * (1 + least) / (1 + len(draws)))


def holm(values: Sequence[float | None]) -> list[float | None]:
    """Each p corrected for all that are there (Holm 1979), so that the chance of any false alarm stays below the level.

    >>> holm([0.01, None, 0.04, 0.03])
    [0.03, None, 0.06, 0.06]
    """
    given = sorted((value, place) for place, value in enumerate(values) if value is not None)
    found: list[float | None] = [None] * len(values)
    reached = 0.0
    for rank, (value, place) in enumerate(given):
        reached = max(reached, min(1.0, (len(given) - rank) * value))
        found[place] = reached
    return found
