"""A game on the patterns of a lattice, split over its modalities: exact, or from sampled orders where those are known.

A game is an array `v [P, ...]` over the patterns; trailing axes are as many games played at once.
"""

from __future__ import annotations

import numpy as np

from polymodal.explain.chains import sampled_shapley
from polymodal.explain.game import drop_one, interactions, shapley
from polymodal.lattice import Lattice


def shares(lattice: Lattice, v: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """`[M, ...]` Shapley values, and their standard errors where orders were sampled."""
    if lattice.permutations is None:
        return shapley(v), None
    return sampled_shapley(v, lattice.patterns, lattice.permutations)


def drops(lattice: Lattice, v: np.ndarray) -> dict[int, np.ndarray]:
    """By modality `[...]` what is lost when it alone is left out; only where that pattern was asked for."""
    if lattice.is_complete:
        return dict(enumerate(drop_one(v)))
    places = {m: without(lattice, m) for m in range(len(lattice.modalities))}
    return {m: v[-1] - v[place] for m, place in places.items() if place is not None}


def pairs(lattice: Lattice, v: np.ndarray) -> np.ndarray | None:
    """`[M, M, ...]` pairwise Shapley interactions; None where orders were sampled, which do not tell them."""
    return interactions(v) if lattice.is_complete else None


def without(lattice: Lattice, m: int) -> int | None:
    """Where the pattern of everything but modality m stands, None when it was not asked for."""
    return lattice.place(np.arange(len(lattice.modalities)) != m)


def only(lattice: Lattice, m: int) -> int | None:
    """Where the pattern of modality m alone stands, None when it was not asked for."""
    return lattice.place(np.arange(len(lattice.modalities)) == m)
