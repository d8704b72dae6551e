"""The items of cells that hold several: all of them in one row, and back where they were."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np


def flattened(samples: Iterable[Sequence[Any]]) -> list[Any]:
    """The items that are there, of all samples."""
    return [one for sample in samples for one in sample if one is not None]


def regrouped(samples: Iterable[Sequence[Any]], items: Iterable[Any]) -> list[list[Any]]:
    """What became of `flattened(samples)`, each where its item was.

    >>> regrouped([["a", None], ["b"]], [1, 2])
    [[1, None], [2]]
    """
    given = iter(items)
    return [[None if one is None else next(given) for one in sample] for sample in samples]


def objects(items: Sequence[Any]) -> np.ndarray:
    """`[n]` objects, whatever they are."""
    found = np.empty(len(items), dtype=object)
    for place, one in enumerate(items):
        found[place] = one  # one by one: NumPy would stack arrays of equal shape
    return found
