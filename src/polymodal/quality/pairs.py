"""Pairs of rows that may be the same thing: what any telling modality nominates and every shared one confirms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from polymodal.quality.content import Content
from polymodal.quality.likeness import Columns, Likeness, likeness

_HELD = 4_000_000  # comparisons held in memory at once
_SHARE_OF_CHANCE = 0.05  # of the pairs found, above which finding them says nothing
_FEW, _SHARE, _MANY = 10, 0.01, 50  # other rows a cell may be like: at least, as a share and at most


@dataclass(frozen=True)
class Pairs:
    """P pairs of rows.

    Attributes:
        left, right: `[P]` positions, counting through all tables; each pair once.
        likeness: `[P, M]` from 0 to 1, zero where not both rows have the modality.
        shared: `[P, M]` bool, where both have it.
        identical: `[P]` bool, whether what both have is the same to the last bit.
    """

    left: np.ndarray
    right: np.ndarray
    likeness: np.ndarray
    shared: np.ndarray
    identical: np.ndarray


def find_pairs(contents: Sequence[Content], n_left: int, n_rows: int, limits: Mapping[str, float]) -> Pairs:
    """Pairs within the first `n_left` of `n_rows` rows when these are all, else between those and the others."""
    compared = {one.name: likeness(one, limits.get(one.name)) for one in contents}
    digests = [one.digests() for one in contents]
    nominated = [np.zeros(0, dtype=np.int64)]
    for content, equal in zip(contents, digests, strict=True):
        nominated.append(_nominated(content, compared[content.name], equal, n_left, n_rows))
    keys = np.unique(np.concatenate(nominated))
    left, right = keys // n_rows, keys % n_rows
    values = np.zeros((len(keys), len(contents)))
    shared = np.zeros((len(keys), len(contents)), dtype=bool)
    identical, agreed = np.ones(len(keys), dtype=bool), np.ones(len(keys), dtype=bool)
    for place, (content, equal) in enumerate(zip(contents, digests, strict=True)):
        places = content.places(n_rows)
        both = (places[left] >= 0) & (places[right] >= 0)
        one, other = places[left[both]], places[right[both]]
        is_equal = equal[one] == equal[other]
        how = compared[content.name]
        found = is_equal.astype(float) if how is None else np.where(is_equal, 1.0, _between(how, one, other))
        shared[:, place], values[both, place] = both, found
        identical[both] &= is_equal
        agreed[both] &= found >= (1.0 if how is None else how.threshold)
    return Pairs(left[agreed], right[agreed], values[agreed], shared[agreed], identical[agreed])


def _nominated(content: Content, how: Likeness | None, equal: np.ndarray, n_left: int, n_rows: int) -> np.ndarray:
    """Keys `left * n_rows + right` of pairs that are alike in this modality, and by more than chance or habit."""
    tells = content.tells()
    is_within = n_left == n_rows
    left = np.flatnonzero(tells & (content.rows < n_left))
    right = left if is_within else np.flatnonzero(tells & (content.rows >= n_left))
    if not len(left) or not len(right):
        return np.zeros(0, dtype=np.int64)
    # Of columns it is known how many agree by chance, so that a row that is there many times may be told.
    least = _MANY if isinstance(how, Columns) else _FEW
    few = [min(max(least, _SHARE * len(some)), _MANY) for some in (right, left)]
    counts_left, counts_right = np.zeros(len(left), dtype=np.int64), np.zeros(len(right), dtype=np.int64)
    ones, others = [], []
    step = max(1, _HELD // len(right))
    for start in range(0, len(left), step):
        chunk = left[start : start + step]
        one, other = _equal(equal[chunk], equal[right]) if how is None else how.near(chunk, right)
        one = one + start
        if is_within:
            one, other = one[one != other], other[one != other]
        counts = np.bincount(one, minlength=len(left))
        counts_left += counts
        counts_right += np.bincount(other, minlength=len(right))
        kept = counts[one] <= few[0]  # what is like very many need not be remembered
        ones.append(one[kept])
        others.append(other[kept])
    one, other = np.concatenate(ones), np.concatenate(others)
    kept = (counts_left[one] <= few[0]) & (counts_right[other] <= few[1])
    if is_within:
        kept &= one < other
    total = counts_left.sum()
    if how is not None and how.by_chance() > _SHARE_OF_CHANCE * total:
        exact = how.exact()
        return _nominated(content, exact, equal, n_left, n_rows) if exact else np.zeros(0, dtype=np.int64)
    return np.asarray(content.rows[left[one[kept]]] * n_rows + content.rows[right[other[kept]]])


def _equal(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    left, right = np.nonzero(one[:, None] == other[None, :])
    return left, right


def _between(how: Likeness, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    step = 1 << 14
    parts = [how.between(left[at : at + step], right[at : at + step]) for at in range(0, len(left), step)]
    return np.concatenate(parts) if parts else np.zeros(0)
