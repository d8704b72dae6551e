"""Algebra of set functions: who contributed what to v(everything) - v(nothing).

A game is an array `v [2^M, ...]` in the order of `lattice.all_patterns`: bit m of the first index says whether player
m takes part. Trailing axes are as many games played at once. Everything is exact and costs O(M 2^M) by the fast
Moebius transform: m(T) is what the coalition T adds beyond all its parts, so any index is a weighted sum of m.
"""

from __future__ import annotations

import numpy as np

from polymodal.lattice import all_patterns

AT_ONCE = 4_000_000  # entries of v transformed together, to bound the copy


def n_players(v: np.ndarray) -> int:
    """M of an array with `2^M` coalitions on its first axis."""
    players = len(v).bit_length() - 1
    if len(v) != 2**players:
        raise ValueError(f"a game has 2^M coalitions on its first axis; got {len(v)}")
    return players


def moebius(v: np.ndarray) -> np.ndarray:
    """`[2^M, ...]` what each coalition adds beyond all its parts (Harsanyi dividends): v(S) = sum of m(T), T in S.

    >>> moebius(np.array([0.5, 0.5, 0.5, 1.0])).tolist()  # exclusive or: all in the pair
    [0.5, 0.0, 0.0, 0.5]
    """
    dividends = np.array(v, dtype=np.float64)
    for player in range(n_players(v)):
        split = dividends.reshape(-1, 2, 2**player, *v.shape[1:])
        split[:, 1] -= split[:, 0]
    return dividends


def shapley(v: np.ndarray) -> np.ndarray:
    """`[M, ...]` Shapley values (Shapley 1953): each dividend is split evenly; they sum to v(full) - v(empty).

    A player that changes nothing gets exactly zero.

    >>> shapley(np.array([0.0, 1.0, 1.0, 3.0])).tolist()
    [1.5, 1.5]
    """
    members = all_patterns(n_players(v)).T.astype(np.float64)
    return _weighted(members / np.maximum(members.sum(axis=0), 1.0), v)


def interactions(v: np.ndarray) -> np.ndarray:
    """`[M, M, ...]` pairwise Shapley interaction index (Grabisch & Roubens 1999); its diagonal is the Shapley value.

    Positive: the two tell more together than apart (synergy). Negative: one repeats the other (redundancy).

    >>> interactions(np.array([0.5, 0.5, 0.5, 1.0])).tolist()
    [[0.25, 0.5], [0.5, 0.25]]
    """
    players = n_players(v)
    members = all_patterns(players).T.astype(np.float64)
    size = members.sum(axis=0)
    pairs = members[:, None] * members[None, :] / np.maximum(size - 1, 1.0)
    pairs[np.diag_indices(players)] = members / np.maximum(size, 1.0)
    return _weighted(pairs.reshape(players**2, -1), v).reshape(players, players, *v.shape[1:])


def drop_one(v: np.ndarray) -> np.ndarray:
    """`[M, ...]` what is lost when one player leaves everybody: v(full) - v(full without m).

    >>> drop_one(np.array([0.0, 1.0, 1.0, 3.0])).tolist()
    [2.0, 2.0]
    """
    full = len(v) - 1
    return np.asarray(v[full] - v[full ^ 2 ** np.arange(n_players(v))], dtype=np.float64)


def _weighted(weights: np.ndarray, v: np.ndarray) -> np.ndarray:
    """`[K, ...]` weighted sums `[K, 2^M]` of the dividends, over bounded blocks of games."""
    games = v.reshape(len(v), -1)
    sums = np.empty((len(weights), games.shape[1]))
    step = max(1, AT_ONCE // len(v))
    for start in range(0, games.shape[1], step):
        sums[:, start : start + step] = weights @ moebius(games[:, start : start + step])
    return sums.reshape(len(weights), *v.shape[1:])
