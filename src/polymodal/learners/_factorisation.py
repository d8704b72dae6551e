"""Numbers or yes-or-no answers of rows as effects of the things that come back in them, and of their meetings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import expit

_MOST_SWEEPS, _SETTLED = 20, 1e-3  # and the step of the scores, on average, after which another sweep would not tell
_FIRST_SPREAD = 0.3  # of the latent numbers at the start
_AT_ONCE = 20_000  # rows whose products are held at once
_CURVE = 0.25  # the most that the logistic loss bends

Tables = list[np.ndarray]  # for each modality [E + 1, 1 + K]: effect and latent numbers; the last row is the mean


def factorise(
    places: np.ndarray,
    sizes: Sequence[int],
    values: np.ndarray,
    weight: np.ndarray,
    strength: float,
    rank: int,
    seed: int,
    is_yes_or_no: bool = False,
) -> tuple[float, Tables]:
    """The intercept and the tables whose `scores` are nearest to the `values [n]` under a ridge of 1 / strength.

    `places [n, m]` say which of the `sizes[j]` cells stands in modality j; `sizes[j]` itself for an absent one, which
    counts as the mean of those that are there, as it does in a row that is asked later. Numbers are fitted by
    alternating least squares (Hu et al. 2008), yes-or-no answers by the same under a quadratic bound of the logistic
    loss (Boehning & Lindsay 1988), so that no sweep can make it worse.
    """
    random = np.random.default_rng(seed)
    tables = [np.zeros((size + 1, 1 + rank)) for size in sizes]
    for table, size in zip(tables, sizes, strict=True):
        table[:size, 1:] = _FIRST_SPREAD / np.sqrt(max(rank, 1)) * random.normal(size=(size, rank))
    owners = [_owners(places[:, j], size, weight) for j, size in enumerate(sizes)]
    shares = [np.asarray(owner.sum(axis=1)).ravel() for owner in owners]
    for table, share in zip(tables, shares, strict=True):
        _centre(table, share)
    ridge = 1 / strength
    intercept = 0.0
    before = scores(tables, places)
    for _ in range(_MOST_SWEEPS):
        for j, owner in enumerate(owners):
            total = intercept + scores(tables, places)
            aim, bend = values, 1.0
            if is_yes_or_no:
                aim, bend = total + (values - expit(total)) / _CURVE, _CURVE
            shift = float(np.average(aim - total, weights=weight))
            intercept += shift
            mine, others = tables[j][places[:, j]], _others(tables, places, j)
            own = mine[:, 0] + (mine[:, 1:] * others).sum(axis=1)
            design = np.concatenate([np.ones((len(places), 1)), others], axis=1)
            rest = aim - shift - (total - own)
            tables[j][:-1] = _solved(owner, design, rest, ridge / bend)
            _centre(tables[j], shares[j])
        after = intercept + scores(tables, places)
        if np.mean((after - before) ** 2) < _SETTLED**2:
            break
        before = after
    return intercept, tables


def scores(tables: Tables, places: np.ndarray) -> np.ndarray:
    """`[n]` effects of the cells at `places [n, m]` and of their meetings, two by two (Rendle 2010)."""
    total = np.zeros(len(places))
    along = np.zeros((len(places), tables[0].shape[1] - 1))
    squares = np.zeros(len(places))
    for j, table in enumerate(tables):
        mine = table[places[:, j]]
        total += mine[:, 0]
        along += mine[:, 1:]
        squares += (mine[:, 1:] ** 2).sum(axis=1)
    return np.asarray(total + ((along**2).sum(axis=1) - squares) / 2)


def _others(tables: Tables, places: np.ndarray, j: int) -> np.ndarray:
    found = np.zeros((len(places), tables[0].shape[1] - 1))
    for other, table in enumerate(tables):
        if other != j:
            found += table[places[:, other], 1:]
    return found


def _owners(places: np.ndarray, size: int, weight: np.ndarray) -> csr_matrix:
    """`[E, n]` the weight of each row in the column's cell that it holds."""
    here = np.flatnonzero(places < size)
    return csr_matrix((weight[here], (places[here], here)), shape=(size, len(places)))


def _solved(owner: csr_matrix, x: np.ndarray, aim: np.ndarray, ridge: float) -> np.ndarray:
    """`[E, D]` ridge regressions of `aim [n]` on `x [n, D]`, one for the rows of each owner."""
    n_owners, width = owner.shape[0], x.shape[1]
    gram, slope = np.zeros((n_owners, width * width)), owner @ (x * aim[:, None])
    for start in range(0, len(x), _AT_ONCE):
        some = x[start : start + _AT_ONCE]
        products = (some[:, :, None] * some[:, None, :]).reshape(len(some), -1)
        gram += owner[:, start : start + _AT_ONCE] @ products
    gram = gram.reshape(n_owners, width, width) + ridge * np.eye(width)
    return np.asarray(np.linalg.solve(gram, slope[:, :, None])[:, :, 0])


def _centre(table: np.ndarray, share: np.ndarray) -> None:
    """Keep in the last row what a cell is on average over the rows that have one."""
    table[-1] = share @ table[:-1] / max(float(share.sum()), 1e-300)
