"""Metrics of one class out of several; outputs `[N, C]` are probabilities, the second class is the positive of two."""

from __future__ import annotations

import numpy as np

from polymodal.metrics.metric import Compute, Metric, mean_defined, ratio, table, weighted_mean
from polymodal.metrics.ranking import average_precision, roc_area
from polymodal.schema.target import Labels

SMALLEST = float(np.finfo(np.float32).eps)  # networks answer in single precision, so a zero is at least this unsure
BINS = 15
OF_TWO = ("f1", "precision", "recall", "specificity")  # defined for two classes only


def _accuracy(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    return weighted_mean(outputs.argmax(axis=1) == labels.values, weights)


def _balanced_accuracy(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    """Mean recall of the classes that occur."""
    correct = outputs.argmax(axis=1) == labels.values
    truth = np.arange(outputs.shape[1])[:, None] == labels.values
    return mean_defined(list(ratio((truth & correct).astype(float) @ weights, truth.astype(float) @ weights)))


def _f1_macro(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    """Mean over the classes that occur or are answered of 2 TP / (2 TP + FP + FN)."""
    classes = np.arange(outputs.shape[1])[:, None]
    truth, answer = classes == labels.values, classes == outputs.argmax(axis=1)
    hits = (truth & answer).astype(float) @ weights
    either = truth.astype(float) @ weights + answer.astype(float) @ weights
    return mean_defined(list(ratio(2 * hits, either)))


def _of_two(numerator: int, denominators: tuple[int, int]) -> Compute:
    """A share of the positive or negative rows of two classes, by places in (TP, FP, FN, TN); undefined for more."""

    def compute(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
        if outputs.shape[1] != 2:
            return np.full(weights.shape[1], np.nan)
        cells = _confusion(outputs, labels, weights)
        return ratio(cells[numerator], cells[denominators[0]] + cells[denominators[1]])

    return compute


def _f1(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    """2 TP / (2 TP + FP + FN) of the second of two classes; undefined for more, and where there is nothing to find."""
    if outputs.shape[1] != 2:
        return np.full(weights.shape[1], np.nan)
    hits, false, missed, _ = _confusion(outputs, labels, weights)
    return ratio(2 * hits, 2 * hits + false + missed)


def _confusion(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    """`[4, R]` weight of true positives, false positives, false negatives and true negatives."""
    answer, truth = outputs.argmax(axis=1) == 1, labels.values == 1
    cells = np.stack([answer & truth, answer & ~truth, ~answer & truth, ~answer & ~truth])
    return np.asarray(cells.astype(np.float64) @ weights)


def _auc(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    """Area under the ROC curve; beyond two classes the mean of one class against the rest."""
    return mean_defined([roc_area(outputs[:, c], labels.values == c, weights) for c in _asked(outputs)])


def _average_precision(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    return mean_defined([average_precision(outputs[:, c], labels.values == c, weights) for c in _asked(outputs)])


def _asked(outputs: np.ndarray) -> range:
    return range(1, 2) if outputs.shape[1] == 2 else range(outputs.shape[1])


def _log_loss(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    chosen = outputs[np.arange(len(outputs)), labels.values]
    return weighted_mean(-np.log(np.clip(chosen, SMALLEST, 1.0)), weights)


def _brier(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    """Squared distance to the truth; halved for two classes, as is the custom."""
    truth = np.arange(outputs.shape[1]) == labels.values[:, None]
    distance = ((outputs - truth) ** 2).sum(axis=1)
    return weighted_mean(distance / 2 if outputs.shape[1] == 2 else distance, weights)


def _ece(outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    """Expected calibration error of the answer given, in 15 equal bins of confidence (Guo et al. 2017)."""
    confidence = outputs.max(axis=1)
    excess = (outputs.argmax(axis=1) == labels.values) - confidence
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.abs((np.arange(BINS)[:, None] == bins) * excess @ weights)
    return ratio(gaps.sum(axis=0), weights.sum(axis=0))


METRICS = table(
    Metric("accuracy", _accuracy, of_answers=True),
    Metric("balanced_accuracy", _balanced_accuracy, of_answers=True),
    Metric("f1", _f1, of_answers=True),
    Metric("precision", _of_two(0, (0, 1)), of_answers=True),
    Metric("recall", _of_two(0, (0, 2)), of_answers=True),
    Metric("specificity", _of_two(3, (1, 3)), of_answers=True),
    Metric("f1_macro", _f1_macro, of_answers=True),
    Metric("auc", _auc, orders_rows=True),
    Metric("average_precision", _average_precision, orders_rows=True),
    Metric("log_loss", _log_loss, greater_is_better=False),
    Metric("brier", _brier, greater_is_better=False),
    Metric("ece", _ece, greater_is_better=False),
)
