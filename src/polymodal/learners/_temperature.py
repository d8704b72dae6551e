"""How sure an answer may be: by how much log likelihoods are divided so that rows held out bear them out."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

_PARTS = 5
_FARTHEST = float(np.log(100.0))


def held_apart(codes: np.ndarray, groups: np.ndarray | None, seed: int) -> np.ndarray:
    """`[n]` in which of up to five parts each row is held out: whole groups, or else each class dealt over the parts.

    Args:
        codes: `[n]` classes.
        groups: `[n]` codes of rows that belong together, or None; of one group the rows are dealt.

    >>> held_apart(np.zeros(5, dtype=np.int64), np.array([3, 3, 3, 8, 9]), seed=0).tolist()
    [0, 0, 0, 1, 2]
    """
    together = np.zeros(len(codes), dtype=np.int64) if groups is None else groups
    _, group_of, sizes = np.unique(together, return_inverse=True, return_counts=True)
    if len(sizes) > 1:
        filled, part_of = np.zeros(min(_PARTS, len(sizes))), np.zeros(len(sizes), dtype=np.int64)
        for group in np.argsort(-sizes, kind="stable"):
            part_of[group] = np.argmin(filled)
            filled[part_of[group]] += sizes[group]
        return np.asarray(part_of[group_of.ravel()])
    mixed = np.random.default_rng(seed).permutation(len(codes))
    dealt = np.empty(len(codes), dtype=np.int64)
    dealt[mixed[np.argsort(codes[mixed], kind="stable")]] = np.arange(len(codes)) % _PARTS
    return dealt


def temperature(scores: np.ndarray, codes: np.ndarray, share: np.ndarray, prior: np.ndarray) -> float:
    """What the scores are to be divided by for the least log loss (Platt 1999; Guo et al. 2017), .01 to 100.

    Its logarithm is held to zero as by a standard normal distribution, which matters where few rows tell.

    Args:
        scores: `[n, C]` log likelihoods; minus infinity for a class that was not there to learn from.
        codes: `[n]` the true classes.
        share: `[n]` for how many rows each counts.
        prior: `[C]` log probabilities of the classes.

    >>> right, wrong = [4.0, 0.0], [0.0, 4.0]
    >>> found = temperature(np.array([right] * 800 + [wrong] * 200), np.zeros(1000, int), np.ones(1000), np.zeros(2))
    >>> round(4 / found, 2), round(float(np.log(0.8 / 0.2)), 2)
    (1.39, 1.39)
    """
    there = np.isfinite(scores)
    base = np.where(there, prior, -np.inf)
    own = np.take_along_axis(scores, codes[:, None], axis=1)
    apart = np.where(there, scores - own, 0.0)

    def slope(logarithm: float) -> float:
        """Of the loss along the logarithm of the temperature."""
        sharpness = np.exp(-logarithm)
        total = apart * sharpness + base
        likely = np.exp(total - total.max(axis=1, keepdims=True))
        expected = (likely * apart).sum(axis=1) / likely.sum(axis=1)
        return float(logarithm - sharpness * (share @ expected))

    if slope(-_FARTHEST) >= 0:
        return float(np.exp(-_FARTHEST))
    if slope(_FARTHEST) <= 0:
        return float(np.exp(_FARTHEST))
    return float(np.exp(brentq(slope, -_FARTHEST, _FARTHEST, xtol=1e-10)))
