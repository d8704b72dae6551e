"""Metrics of one class out of several; outputs `[N, C]` are probabilities, the second class is the positive of two."""

from __future__ import annotations

import numpy as np

from polymodal.metrics.metric import Metric, mean_defined, ratio, table, weighted_mean
from polymodal.metrics.ranking import average_precision, roc_area
from polymodal.schema.target import Labels

SMALLEST = float(np.finfo(np.float32).eps)  # networks answer in single precision, so a zero is at least this unsure
BINS = 15


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
    Metric("accuracy", _accuracy),
    Metric("balanced_accuracy", _balanced_accuracy),
    Metric("f1_macro", _f1_macro),
    Metric("auc", _auc, orders_rows=True),
    Metric("average_precision", _average_precision, orders_rows=True),
    Metric("log_loss", _log_loss, greater_is_better=False),
    Metric("brier", _brier, greater_is_better=False),
    Metric("ece", _ece, greater_is_better=False),
)
