"""Scores that depend on the order of rows only: area under the ROC curve, average precision, ranks, concordance.

All take weights `[N, R]` and sort the rows once for all R weightings.
"""

from __future__ import annotations

import numpy as np

from polymodal.metrics.metric import ratio


def roc_area(scores: np.ndarray, positive: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Chance that a positive row scores above a negative one, ties counting half; undefined without both.

    Args:
        scores: `[N]`.
        positive: `[N]` bool.
        weights: `[N, R]`.

    >>> roc_area(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]), np.ones((4, 1))).tolist()
    [0.75]
    """
    order = np.argsort(scores[~positive], kind="stable")
    negatives = scores[~positive][order]
    below = accumulate(weights[~positive][order])
    first = np.searchsorted(negatives, scores[positive], side="left")
    last = np.searchsorted(negatives, scores[positive], side="right")
    risen = weights[positive]
    won = np.einsum("nr,nr->r", risen, below[first] + below[last]) / 2
    return ratio(won, risen.sum(axis=0) * below[-1])


def average_precision(scores: np.ndarray, positive: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Precision averaged over the recall steps, without interpolation; undefined without both classes.

    Args:
        scores: `[N]`.
        positive: `[N]` bool.
        weights: `[N, R]`.
    """
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))[: len(scores)]
    found = accumulate((weights * positive[:, None])[order])[1:][ends]
    asked = accumulate(weights[order])[1:][ends]
    precision = np.divide(found, asked, out=np.zeros_like(found), where=asked > 0)
    steps = np.diff(found, axis=0, prepend=0.0)
    total, everyone = (weights * positive[:, None]).sum(axis=0), weights.sum(axis=0)
    return np.where(everyone > total, ratio((steps * precision).sum(axis=0), total), np.nan)


def mid_ranks(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """`[N, R]` ranks of `values [N]` under each weighting, up to a constant; ties share the middle."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    below = accumulate(weights[order])
    first = np.searchsorted(ordered, values, side="left")
    last = np.searchsorted(ordered, values, side="right")
    return (below[first] + below[last]) / 2


def concordance(risk: np.ndarray, time: np.ndarray, event: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Share of comparable pairs in which the row with the earlier event has the higher risk (Harrell 1982).

    A pair is comparable when the earlier time is an event; at equal times when one is an event and the other is
    censored. Equal risks count half. O(R N log N): each pair of risks differs first at one binary digit of its rank.

    Args:
        risk: `[N]`, higher means earlier.
        time: `[N]`.
        event: `[N]` bool, False where censored.
        weights: `[N, R]`.

    >>> concordance(np.array([3.0, 2.0, 1.0]), np.array([1.0, 2.0, 3.0]), np.ones(3, bool), np.ones((3, 1))).tolist()
    [1.0]
    """
    moment = np.unique(time, return_inverse=True)[1] * 2 + ~event
    rank = np.unique(risk, return_inverse=True)[1]
    everyone = np.ones(len(risk), dtype=bool)
    won = _pairs(rank, moment, event, everyone, weights) / 2
    for digit in range(int(rank.max(initial=0)).bit_length()):
        high = (rank >> digit & 1) == 1
        won += _pairs(rank >> (digit + 1), moment, event & high, ~high, weights)
    return ratio(won, _pairs(np.zeros_like(rank), moment, event, everyone, weights))


def _pairs(
    group: np.ndarray, moment: np.ndarray, first: np.ndarray, second: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """`[R]` sums of w_i w_j over pairs of one group, i in `first`, j in `second`, with moment_i < moment_j."""
    opening = group * (int(moment.max(initial=0)) + 1)
    place = opening + moment
    earlier = np.flatnonzero(first)
    earlier = earlier[np.argsort(place[earlier], kind="stable")]
    since = np.searchsorted(place[earlier], opening)
    until = np.searchsorted(place[earlier], place)
    later = np.flatnonzero(second & (until > since))
    before = accumulate(weights[earlier])
    return np.einsum("nr,nr->r", before[until[later]] - before[since[later]], weights[later])


def accumulate(weights: np.ndarray) -> np.ndarray:
    """`[N + 1, R]` running totals that start at zero."""
    totals = np.zeros((len(weights) + 1, weights.shape[1]))
    np.cumsum(weights, axis=0, out=totals[1:])
    return totals
