"""From which probability on to answer yes, so that a stated score is best: every cut between two rows is tried."""

from __future__ import annotations

import numpy as np

from polymodal.metrics.metric import mean_defined, ratio
from polymodal.metrics.ranking import accumulate
from polymodal.schema.target import Wish

_OTHER = {"recall": "specificity", "specificity": "recall", "precision": "recall"}  # what a limit should cost least of
_SAME = 1e-12  # scores closer than this are told apart by rounding only


def best_threshold(shares: np.ndarray, truth: np.ndarray, weight: np.ndarray, wish: Wish) -> float:
    """The threshold in [0, 1] of the best score, yes being answered from it on; of equals the one nearest to one half.

    A limit that no threshold reaches is come as close to as can be.

    Args:
        shares: `[N]` probabilities of yes.
        truth: `[N]` bool, both values in it.
        weight: `[N]`.
        wish: what the threshold is for.

    >>> truth = np.array([False, False, True, True])
    >>> round(best_threshold(np.array([0.1, 0.2, 0.25, 0.9]), truth, np.ones(4), Wish("f1")), 3)
    0.225
    """
    cuts, hits, false = _cuts(shares, truth, weight)
    scores = _scores(hits, false, float(weight[truth].sum()), float(weight[~truth].sum()))
    found = scores[wish.score]
    if wish.least is not None:
        reached = found >= wish.least - _SAME
        if reached.any():
            found = np.where(reached, scores[_OTHER[wish.score]], np.nan)
    found = np.where(np.isnan(found), -np.inf, found)
    best = cuts[found >= found.max() - _SAME]
    return float(best[np.argmin(np.abs(best - 0.5))])


def _cuts(shares: np.ndarray, truth: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each threshold that answers other rows with yes, and the weight of true and of false ones among these."""
    order = np.argsort(-shares, kind="stable")
    ordered = shares[order]
    ends = np.flatnonzero(np.append(np.diff(ordered) != 0, True))
    totals = accumulate((weight[:, None] * np.stack([truth, ~truth], axis=1))[order])[np.append(0, ends + 1)]
    distinct = ordered[ends]
    above, below = np.append(1.0, distinct), np.append(distinct, 0.0)
    middle = (above + below) / 2
    # Between neighbours in floating point there is nothing: the upper one itself has to do.
    cuts = np.where(middle > below, middle, above)
    can = cuts > np.append(distinct, -np.inf)  # not where the surest row has probability 1: it is always answered
    return cuts[can], totals[can, 0], totals[can, 1]


def _scores(hits: np.ndarray, false: np.ndarray, positive: float, negative: float) -> dict[str, np.ndarray]:
    missed, right = positive - hits, negative - false
    recall, specificity = hits / positive, right / negative
    f1 = ratio(2 * hits, 2 * hits + false + missed)
    return {
        "accuracy": (hits + right) / (positive + negative),
        "balanced_accuracy": (recall + specificity) / 2,
        "f1": f1,
        "f1_macro": mean_defined([f1, ratio(2 * right, 2 * right + false + missed)]),
        "recall": recall,
        "specificity": specificity,
        "precision": ratio(hits, hits + false),
    }
