"""How good answers are: every metric of every kind of target, over the rows whose label is known.

>>> from polymodal.schema.target import Category, Labels
>>> target = Category(classes=("no", "yes"))
>>> labels = Labels(np.array([0, 1, 1]), known=np.array([True, True, False]))
>>> score(target, np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]]), labels)["accuracy"]
1.0
"""

from __future__ import annotations

import numpy as np

from polymodal.errors import DataError, SettingError, near_miss
from polymodal.metrics import category, multilabel, number, ordinal, survival
from polymodal.metrics.metric import Metric
from polymodal.schema.target import Category, Discrete, Labels, Multilabel, Target

METRICS: dict[str, dict[str, Metric]] = {
    "category": category.METRICS,
    "multilabel": multilabel.METRICS,
    "number": number.METRICS,
    "ordinal": ordinal.METRICS,
    "survival": survival.METRICS,
}
_PRIMARY = {
    "category": "accuracy",
    "multilabel": "macro_auc",
    "number": "r2",
    "ordinal": "quadratic_kappa",
    "survival": "c_index",
}
GREATER_IS_BETTER: dict[str, bool] = {
    name: metric.greater_is_better for metrics in METRICS.values() for name, metric in metrics.items()
}


def primary(target: Target) -> str:
    """The metric that matters for a target; greater is better.

    >>> primary(Category(classes=("no", "yes"))), primary(Category(classes=("a", "b", "c")))
    ('auc', 'accuracy')
    """
    if isinstance(target, Category) and len(target.classes) == 2:
        return "auc"
    return _PRIMARY[target.kind]


def find(target: Target, name: str | None = None) -> Metric:
    """The metric of that name for this kind of target, or the primary one.

    Raises SettingError for a name that this kind of target does not have.
    """
    metrics = METRICS[target.kind]
    if isinstance(target, Category) and len(target.classes) != 2 and name in category.OF_TWO:
        raise SettingError(f"{name} is of two classes, and the target has {len(target.classes)}; take f1_macro instead")
    if name is None:
        return metrics[primary(target)]
    if name not in metrics:
        raise SettingError(f"a {target.kind} target has no metric {name!r}. {near_miss(name, metrics)}")
    return metrics[name]


def score(target: Target, outputs: np.ndarray, labels: Labels, weight: np.ndarray | None = None) -> dict[str, float]:
    """Every metric of a target; one that is undefined (one class only, no comparable pair) is left out.

    Args:
        target: resolved settings.
        outputs: `[N, o]` as in `Lattice.values`.
        labels: N labels; rows without one are left out.
        weight: `[N]` sample weights.

    Raises DataError when the outputs do not fit the target or are not finite.
    """
    weights = np.ones((len(labels), 1)) if weight is None else np.asarray(weight, dtype=np.float64)[:, None]
    found = {
        metric.name: resampled(target, metric, outputs, labels, weights) for metric in METRICS[target.kind].values()
    }
    return {name: float(values[0]) for name, values in found.items() if not np.isnan(values[0])}


def primary_score(
    target: Target, outputs: np.ndarray, labels: Labels, weight: np.ndarray | None = None
) -> float | None:
    """The metric that matters most, as in `score`; None where it is undefined.

    >>> labels = Labels(np.array([0, 1]), np.ones(2, dtype=bool))
    >>> primary_score(Category(classes=("no", "yes")), np.array([[0.9, 0.1], [0.2, 0.8]]), labels)
    1.0
    """
    weights = np.ones((len(labels), 1)) if weight is None else np.asarray(weight, dtype=np.float64)[:, None]
    value = float(resampled(target, find(target), outputs, labels, weights)[0])
    return None if np.isnan(value) else value


def resampled(target: Target, metric: Metric, outputs: np.ndarray, labels: Labels, weights: np.ndarray) -> np.ndarray:
    """`[R]` values of one metric under R weightings `[N, R]` of the rows; nan where a weighting leaves it undefined."""
    _check(target, outputs, labels)
    told = answers_given(target, outputs) if metric.of_answers else np.asarray(outputs, dtype=np.float64)
    if labels.known_rows.all():
        return metric.compute(told, labels, weights)
    rows = np.flatnonzero(labels.known_rows)
    return metric.compute(told[rows], labels.take(rows), weights[rows])


def answers_given(target: Target, outputs: np.ndarray) -> np.ndarray:
    """The answers given as outputs that are sure of them: shares of 0 and 1."""
    assert isinstance(target, (Discrete, Multilabel))
    answered = target.answered(outputs)
    return answered.astype(np.float64) if isinstance(target, Multilabel) else np.eye(outputs.shape[1])[answered]


def _check(target: Target, outputs: np.ndarray, labels: Labels) -> None:
    width = len(getattr(target, "classes", ())) or 1
    if outputs.shape != (len(labels), width):
        raise DataError(
            f"a {target.kind} target with {len(labels)} labels needs outputs of shape {(len(labels), width)}; "
            f"got {outputs.shape}"
        )
    broken = ~np.isfinite(outputs[labels.known_rows]).all(axis=1)
    if broken.any():
        raise DataError(
            f"outputs are not finite in {int(broken.sum())} of {len(broken)} labelled rows; a score needs numbers. "
            "Look at the model's answers for those rows."
        )
