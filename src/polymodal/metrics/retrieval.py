"""How well one modality finds another in a shared space: ranks of the right one, and how the space is filled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_AT_ONCE = 1 << 22  # similarities held at once


def ranks(
    query: np.ndarray, candidates: np.ndarray, own: np.ndarray | None = None, keys: np.ndarray | None = None
) -> np.ndarray:
    """`[n]`: how many candidates `[k, E]` come before the right one of each query `[n, E]`, 0 for none.

    `own [n]` is the place of the right candidate of each query, its own number if left out. With `keys [k]`, candidates
    of the same key as that are right as well, and the nearest of them counts. Of candidates that are as near as the
    right one half count as before it, so that equal vectors are no success.

    >>> ranks(np.eye(3), np.eye(3)[[1, 0, 2]]).tolist()
    [1.5, 1.5, 0.0]
    """
    n, found = len(query), np.empty(len(query))
    places = np.arange(n) if own is None else own
    named = np.arange(len(candidates)) if keys is None else keys
    size = max(1, _AT_ONCE // max(len(candidates), 1))
    for start in range(0, n, size):
        here = places[start : start + size]
        near = query[start : start + size] @ candidates.T
        right = named[None, :] == named[here][:, None]
        best = np.where(right, near, -np.inf).max(axis=1, keepdims=True)
        found[start : start + size] = ((near > best) & ~right).sum(axis=1) + 0.5 * ((near == best) & ~right).sum(axis=1)
    return found


def recall_at(found: np.ndarray, k: int) -> float:
    """Share of queries whose right candidate is among the first k, from `ranks`.

    >>> recall_at(np.array([0.0, 3.0]), 1)
    0.5
    """
    return float((found < k).mean()) if len(found) else float("nan")


def median_rank(found: np.ndarray) -> float:
    """The middle place of the right candidate, counted from 1.

    >>> median_rank(np.array([0.0, 0.0, 5.0]))
    1.0
    """
    return float(np.median(found)) + 1 if len(found) else float("nan")


def alignment(first: np.ndarray, second: np.ndarray) -> float:
    """Mean squared distance of vectors `[n, E]` that belong together; 0 is best (Wang & Isola 2020).

    >>> alignment(np.eye(2), np.eye(2))
    0.0
    """
    return float(((first - second) ** 2).sum(axis=1).mean())


def uniformity(vectors: np.ndarray) -> float:
    """Log of the mean of exp(-2 d^2) over pairs of vectors `[n, E]` of length one; lower is more evenly spread.

    Two thousand of them, evenly drawn, stand for more (Wang & Isola 2020).

    >>> round(uniformity(np.array([[1.0, 0.0], [-1.0, 0.0]])), 6)
    -8.0
    """
    some = vectors[np.linspace(0, len(vectors) - 1, min(len(vectors), 2_000)).astype(int)]
    squares = np.maximum(2.0 - 2.0 * (some @ some.T), 0.0)[np.triu_indices(len(some), k=1)]
    if not len(squares):
        return float("nan")
    least = squares.min()
    return float(np.log(np.exp(-2.0 * (squares - least)).mean()) - 2.0 * least)


def modality_gap(vectors: Sequence[np.ndarray]) -> float:
    """Distance between the means of two modalities `[n, E]` and `[m, E]` in the space they share (Liang et al. 2022).

    >>> modality_gap([np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])]) ** 2
    2.0000000000000004
    """
    first, second = (one.mean(axis=0) for one in vectors)
    return float(np.linalg.norm(first - second))
