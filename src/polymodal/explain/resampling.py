"""Scores with bootstrap percentile intervals, paired: every score of one target sees the same resamples of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from polymodal.errors import SettingError
from polymodal.lattice import Lattice
from polymodal.metrics import find, resampled
from polymodal.metrics.metric import Metric
from polymodal.schema.target import Labels, Target

FEW_ROWS = 10  # below this many labelled rows a figure has no interval, and a group of rows no score
FEW_DRAWS = 20  # below this many resamples in which it is defined, a figure has no interval
RANK_DRAWS = 200  # enough for rank metrics when every pattern is scored
ENTRIES = 20_000_000  # rows times resamples held at once
_ROUNDING = 1e-12  # the difference of two sums of the same numbers, not a finding
WORK = 1_000_000_000  # patterns times rows times resamples


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval; the bounds are None when there were too few rows to tell."""

    value: float
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        return number(self.value) + ("" if self.low is None else f" [{number(self.low)}, {number(self.high)}]")

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval lies on one side of zero, by more than rounding."""
        return self.low is not None and self.high is not None and (self.low > _ROUNDING or self.high < -_ROUNDING)


def number(value: float | None) -> str:
    """A figure with as many digits as it deserves.

    >>> number(0.5), number(-0.00004), number(23456.7), number(-2e-16)
    ('0.500', '-4e-05', '2.346e+04', '0.000')
    """
    if value is None:
        return "-"
    size = abs(value)
    if size < _ROUNDING:
        return "0.000"
    return f"{value:.1g}" if 0 < size < 0.0005 else f"{value:.3f}" if size < 1000 else f"{value:.4g}"


def shown(estimate: Estimate | None) -> str:
    """A figure with its interval, or a dash where there is none."""
    return "-" if estimate is None else str(estimate)


@dataclass(frozen=True, eq=False)
class Sample:
    """A figure on the rows as they are (`value`, nan when undefined) and on each resample (`draws [R]`)."""

    value: float
    draws: np.ndarray
    n_rows: int

    def __sub__(self, other: Sample) -> Sample:
        draws = min(len(self.draws), len(other.draws))
        return Sample(
            self.value - other.value, self.draws[:draws] - other.draws[:draws], min(self.n_rows, other.n_rows)
        )

    def __mul__(self, sign: float) -> Sample:
        return Sample(self.value * sign, self.draws * sign, self.n_rows)

    def estimate(self) -> Estimate | None:
        """With its 95 % percentile interval; None when undefined."""
        if np.isnan(self.value):
            return None
        draws = self.draws[~np.isnan(self.draws)]
        if self.n_rows < FEW_ROWS or len(draws) < FEW_DRAWS:
            return Estimate(float(self.value))
        low, high = np.quantile(draws, [0.025, 0.975])
        return Estimate(float(self.value), float(low), float(high))


@dataclass(frozen=True, eq=False)
class Scorer:
    """Scores the answers of one target over its n labelled rows.

    Attributes:
        target, metric: what is scored, and how.
        labels: of the n rows.
        values: `[P, n, o]`.
        present: `[n, M]`.
        weights: `[n, 1 + R]`, first the sample weights, then those of each resample.
    """

    target: Target
    metric: Metric
    labels: Labels
    values: np.ndarray
    present: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, lattice: Lattice, name: str, metric: str | None, resamples: int, seed: int) -> Scorer:
        """Over the labelled rows of one target.

        Raises SettingError for an unknown metric, or a negative number of resamples.
        """
        if resamples < 0:
            raise SettingError(f"resamples={resamples}: the number of bootstrap resamples is 0 (no intervals) or more")
        target, labels = lattice.targets[name], lattice.labels[name]
        rows = np.flatnonzero(labels.known_rows)
        weight = np.ones(len(rows)) if lattice.weight is None else np.asarray(lattice.weight, dtype=np.float64)[rows]
        draws = min(resamples, max(100, ENTRIES // max(1, len(rows))))
        return cls(
            target=target,
            metric=find(target, metric),
            labels=labels.take(rows),
            values=lattice.of(name)[:, rows],
            present=lattice.present[rows],
            weights=_weights(weight, draws, seed),
        )

    @property
    def sign(self) -> float:
        """Times a difference of scores, positive is better."""
        return 1.0 if self.metric.greater_is_better else -1.0

    def score(self, pattern: int, rows: np.ndarray | None = None, metric: Metric | None = None) -> Sample:
        """One pattern's score over all rows, or those where `rows [n]` is True."""
        return self._score(self.weights, pattern, rows, metric or self.metric)

    def score_each(self, rows: np.ndarray | None = None) -> list[Sample]:
        """Every pattern's score over all rows, or those where `rows [P, n]` is True.

        Uses fewer resamples where all would take long: 200 for metrics that order the rows.
        """
        n_patterns, n_rows = self.values.shape[:2]
        draws = min(self.weights.shape[1] - 1, RANK_DRAWS if self.metric.orders_rows else self.weights.shape[1])
        draws = min(draws, max(50, WORK // max(1, n_patterns * n_rows)))
        weights = np.ascontiguousarray(self.weights[:, : 1 + draws])
        picked: list[Any] = [None] * n_patterns if rows is None else list(rows)
        return [self._score(weights, pattern, picked[pattern], self.metric) for pattern in range(n_patterns)]

    def _score(self, weights: np.ndarray, pattern: int, rows: np.ndarray | None, metric: Metric) -> Sample:
        if rows is None or rows.all():
            found = resampled(self.target, metric, self.values[pattern], self.labels, weights)
            return Sample(float(found[0]), found[1:], len(self.labels))
        chosen = np.flatnonzero(rows)
        found = resampled(self.target, metric, self.values[pattern, chosen], self.labels.take(chosen), weights[chosen])
        return Sample(float(found[0]), found[1:], len(chosen))


def _weights(weight: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """`[n, 1 + R]`: the sample weights, then times how often each row was drawn with replacement."""
    n_rows = len(weight)
    weights = np.empty((n_rows, 1 + draws))
    weights[:, 0] = weight
    random = np.random.default_rng(seed)
    for draw in range(draws if n_rows else 0):
        drawn = random.integers(0, n_rows, n_rows)
        weights[:, 1 + draw] = np.bincount(drawn, minlength=n_rows) * weight
    return weights
