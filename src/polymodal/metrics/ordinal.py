"""Metrics of one level out of several in order; outputs `[N, L]` are probabilities, distances count in levels."""

from __future__ import annotations

import numpy as np

from polymodal.metrics.category import SMALLEST
from polymodal.metrics.metric import Metric, ratio, table, weighted_mean
from polymodal.schema.target import Labels


def _quadratic_kappa(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    """One less the squared distance of answer and truth over what chance would give (Cohen 1968, quadratic weights).

    Chance pairs every answer with every truth. Undefined when all are the same level.
    """
    answer, truth = outputs.argmax(axis=1).astype(np.float64), labels.values.astype(np.float64)
    total = weights.sum(axis=0)
    found = (answer - truth) ** 2 @ weights
    # The mean of (a - t)^2 over all pairs, from the first two moments of each.
    means = ratio(answer @ weights, total), ratio(truth @ weights, total)
    chance = answer**2 @ weights + truth**2 @ weights - 2 * means[0] * means[1] * total
    kappa = 1 - ratio(found, np.where(chance > 1e-9 * total, chance, 0.0))
    return np.where(np.abs(kappa) < 1e-12, 0.0, kappa)  # what rounding leaves of one answer for all is no agreement


def _mae(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    return weighted_mean(np.abs(outputs.argmax(axis=1) - labels.values), weights)


def _accuracy(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    return weighted_mean(outputs.argmax(axis=1) == labels.values, weights)


def _log_loss(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    chosen = outputs[np.arange(len(outputs)), labels.values]
    return weighted_mean(-np.log(np.clip(chosen, SMALLEST, 1.0)), weights)


def _ranked_probability(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    """Squared distance of the cumulative probabilities to the truth, over L - 1 (Epstein 1969)."""
    levels = np.arange(outputs.shape[1] - 1)
    reached = outputs.cumsum(axis=1)[:, :-1]
    return weighted_mean(((reached - (labels.values[:, None] <= levels)) ** 2).mean(axis=1), weights)


METRICS = table(
    Metric("quadratic_kappa", _quadratic_kappa, of_answers=True),
    Metric("mae", _mae, greater_is_better=False, of_answers=True),
    Metric("accuracy", _accuracy, of_answers=True),
    Metric("log_loss", _log_loss, greater_is_better=False),
    Metric("ranked_probability", _ranked_probability, greater_is_better=False),
)
