"""Metrics of a real number; outputs `[N, 1]` are means, in the unit of the labels."""

from __future__ import annotations

import numpy as np

from polymodal.metrics.metric import Metric, ratio, table, weighted_mean
from polymodal.metrics.ranking import mid_ranks
from polymodal.schema.target import Labels


def _r2(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    """One less the squared error over the variance; undefined when the labels do not vary."""
    centred = labels.values - labels.values.mean() if len(labels) else labels.values
    square = centred**2 @ weights
    spread = square - ratio((centred @ weights) ** 2, weights.sum(axis=0))
    varies = spread > 1e-12 * square  # what rounding leaves of equal labels is no variance
    return 1 - ratio((labels.values - outputs[:, 0]) ** 2 @ weights, np.where(varies, spread, 0.0))


def _mae(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    return weighted_mean(np.abs(labels.values - outputs[:, 0]), weights)


def _rmse(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    return np.sqrt(weighted_mean((labels.values - outputs[:, 0]) ** 2, weights))


def _spearman(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    """Correlation of the ranks, ties in the middle; undefined when either side does not vary."""
    middle = weights.sum(axis=0) / 2  # the mean of the middle ranks, exactly
    ours = mid_ranks(outputs[:, 0], weights) - middle
    theirs = mid_ranks(labels.values, weights) - middle
    shared, our_spread, their_spread = (
        np.einsum("nr,nr,nr->r", one, other, weights) for one, other in ((ours, theirs), (ours, ours), (theirs, theirs))
    )
    return ratio(shared, np.sqrt(our_spread * their_spread))


METRICS = table(
    Metric("r2", _r2),
    Metric("mae", _mae, greater_is_better=False),
    Metric("rmse", _rmse, greater_is_better=False),
    Metric("spearman", _spearman, orders_rows=True),
)
