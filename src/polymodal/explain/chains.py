"""Shapley values from sampled orders, for lattices too large to hold every pattern."""

from __future__ import annotations

import numpy as np

from polymodal.errors import DataError
from polymodal.lattice import prefixes as prefixes_of


def sampled_shapley(v: np.ndarray, patterns: np.ndarray, permutations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`[M, ...]` mean marginal contributions over the orders, and their standard errors (Castro et al. 2009).

    The means sum to v(full) - v(empty) exactly; with one order alone the error is infinite.

    Args:
        v: `[P, ...]` the game on the patterns.
        patterns: `[P, M]` bool.
        permutations: `[K, M]` orders in which players join.

    Raises DataError when a prefix of an order is not among the patterns.
    """
    steps = np.diff(v[_places(patterns, permutations)].astype(np.float64), axis=1)
    joined = np.argsort(permutations, axis=1)  # the step at which each player joins
    marginal = steps[np.arange(len(permutations))[:, None], joined]
    count = len(permutations)
    if count == 1:
        return marginal[0], np.full(marginal.shape[1:], np.inf)
    return marginal.mean(axis=0), marginal.std(axis=0, ddof=1) / np.sqrt(count)


def _places(patterns: np.ndarray, permutations: np.ndarray) -> np.ndarray:
    where = {pattern.tobytes(): place for place, pattern in enumerate(np.asarray(patterns, dtype=bool))}
    prefixes = prefixes_of(permutations)
    keys = [prefix.tobytes() for chain in prefixes for prefix in chain]
    gone = sum(key not in where for key in keys)
    if gone:
        raise DataError(f"{gone} of the {len(keys)} steps of the sampled orders are not among the lattice's patterns")
    return np.array([where[key] for key in keys]).reshape(prefixes.shape[:2])
