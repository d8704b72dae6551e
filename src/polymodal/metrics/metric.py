"""One metric: how it is computed for many weightings of the same rows at once, and which way is better.

A bootstrap resample is a weighting of the rows (how often each was drawn), so a metric that takes weights `[N, R]`
and answers `[R]` scores all resamples in one pass over the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from polymodal.schema.target import Labels

Compute = Callable[[np.ndarray, Labels, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Metric:
    """A named score.

    Attributes:
        name: public name.
        compute: outputs `[N, o]`, labels of N rows and weights `[N, R]` to `[R]`; nan where it is undefined.
        greater_is_better: False for losses and errors.
        orders_rows: whether it compares rows with each other, which costs a pass over the sorted rows a resample.
        of_answers: whether it looks at the answers given only; these come in place of the outputs, as shares of 0 and
            1, so that thresholds count.
    """

    name: str
    compute: Compute
    greater_is_better: bool = True
    orders_rows: bool = False
    of_answers: bool = False


def table(*metrics: Metric) -> dict[str, Metric]:
    """Metrics by name, in the order they are shown."""
    return {metric.name: metric for metric in metrics}


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Quotient, nan (undefined) where the denominator is not positive.

    >>> ratio(np.array([1.0, 1.0]), np.array([2.0, 0.0])).tolist()
    [0.5, nan]
    """
    numerator, denominator = np.broadcast_arrays(numerator, denominator)
    undefined = np.full(numerator.shape, np.nan)
    return np.divide(numerator, denominator, out=undefined, where=denominator > 0)


def mean_defined(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Mean over K parts `[R]` each, of those defined; nan where none is."""
    stack = np.stack(parts)
    defined = ~np.isnan(stack)
    return ratio(np.where(defined, stack, 0.0).sum(axis=0), defined.sum(axis=0))


def weighted_mean(each: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """`[R]` means of `each [N]` under `weights [N, R]`."""
    return ratio(np.asarray(each, dtype=np.float64) @ weights, weights.sum(axis=0))
