"""Metrics of several yes/no labels, each over the rows where it is known; outputs `[N, L]` are probabilities."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from polymodal.metrics.category import SMALLEST
from polymodal.metrics.metric import Metric, mean_defined, ratio, table, weighted_mean
from polymodal.metrics.ranking import average_precision, roc_area
from polymodal.schema.target import Labels

# probabilities [n], truth [n] bool and weights [n, R] of the rows where one label is known, to [R]
OneLabel = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def _accuracy(probabilities: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return weighted_mean((probabilities >= 0.5) == truth, weights)


def _f1(probabilities: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
    answer = probabilities >= 0.5
    hits = (answer & truth).astype(float) @ weights
    return ratio(2 * hits, answer.astype(float) @ weights + truth.astype(float) @ weights)


def _log_loss(probabilities: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
    chosen = np.where(truth, probabilities, 1 - probabilities)
    return weighted_mean(-np.log(np.clip(chosen, SMALLEST, 1.0)), weights)


def _brier(probabilities: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return weighted_mean((probabilities - truth) ** 2, weights)


def _macro(
    name: str, one: OneLabel, greater_is_better: bool = True, orders_rows: bool = False, of_answers: bool = False
) -> Metric:
    """The mean over labels of a figure of one label, leaving out labels for which it is undefined."""

    def compute(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
        parts = []
        for label in range(outputs.shape[1]):
            known = labels.known[:, label]
            parts.append(one(outputs[known, label], labels.values[known, label] > 0.5, weights[known]))
        return mean_defined(parts)

    return Metric(name, compute, greater_is_better, orders_rows, of_answers)


METRICS = table(
    _macro("macro_auc", roc_area, orders_rows=True),
    _macro("macro_average_precision", average_precision, orders_rows=True),
    _macro("f1_macro", _f1, of_answers=True),
    _macro("accuracy", _accuracy, of_answers=True),
    _macro("log_loss", _log_loss, greater_is_better=False),
    _macro("brier", _brier, greater_is_better=False),
)
