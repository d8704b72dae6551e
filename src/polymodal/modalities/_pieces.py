"""Pieces of letters that often stand together, learnt from strings, and strings cut into them."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

Merge = tuple[str, str]
_OFTEN = 4  # times that two neighbours have to be seen before they are one piece
_LETTERS = 200_000  # that pieces are learnt from at most
_BASE = 2**20  # above every number of a piece, so that two of them make one key


def learnt(strings: Iterable[str], most: int) -> tuple[Merge, ...]:
    """Neighbours to be joined, the most frequent first and what they make counting as one from then on, until there are
    `most` letters and pieces; byte pair encoding (Sennrich et al. 2016) of whole strings, as SentencePiece does it
    without words (Kudo & Richardson 2018).

    >>> learnt(["banana", "bandana"] * 3, 8)
    (('a', 'n'), ('b', 'an'), ('an', 'a'))
    """
    some = list(_some(strings))
    names = sorted(set("".join(some)))
    numbers = {letter: number for number, letter in enumerate(names)}
    gap = [-1]
    row = np.array(gap + [number for one in some for number in [*map(numbers.__getitem__, one), -1]], dtype=np.int64)
    counts: dict[int, int] = {}
    queue: list[tuple[int, int]] = []
    _add(counts, queue, row, np.arange(len(row) - 1), 1)
    merges: dict[Merge, None] = {}
    while queue and len(names) < most:
        count, key = heapq.heappop(queue)
        if counts.get(key) != -count:
            continue  # it was counted anew since
        if -count < _OFTEN:
            break
        left, right = divmod(key, _BASE)
        at = np.flatnonzero((row[:-1] == left) & (row[1:] == right))
        at = _apart(at) if left == right else at
        _add(counts, queue, row, _each(at - 1, at, at + 1), -1)
        made = names[left] + names[right]
        if made not in numbers:  # which other neighbours may have made already
            numbers[made] = len(names)
            names.append(made)
        row[at] = numbers[made]
        row = np.delete(row, at + 1)
        now = at - np.arange(len(at))
        _add(counts, queue, row, _each(now - 1, now), 1)
        merges[names[left], names[right]] = None
    return tuple(merges)


class Cutter:
    """Cuts strings by `merges`, of which the earlier goes first.

    >>> Cutter([("A", "T"), ("AT", "AT")]).cut("GATATATC")
    ['G', 'ATAT', 'AT', 'C']
    """

    def __init__(self, merges: Sequence[Merge]) -> None:
        self._ranks = {pair: rank for rank, pair in enumerate(merges)}

    def cut(self, string: str) -> list[str]:
        """The pieces, which put together are the string."""
        parts: list[str] = list(string)
        after = list(range(1, len(parts) + 1))  # where the next piece starts
        before = list(range(-1, len(parts) - 1))
        queue = [
            (rank, at, pair) for at, pair in enumerate(pairwise(parts)) if (rank := self._ranks.get(pair)) is not None
        ]
        heapq.heapify(queue)
        while queue:
            _, at, (left, right) = heapq.heappop(queue)
            following = after[at]
            if parts[at] != left or following == len(parts) or parts[following] != right:
                continue
            parts[at], parts[following] = left + right, ""
            after[at] = after[following]
            if after[at] < len(parts):
                before[after[at]] = at
            for start in (before[at], at):
                if start >= 0 and after[start] < len(parts):
                    pair = parts[start], parts[after[start]]
                    rank = self._ranks.get(pair)
                    if rank is not None:
                        heapq.heappush(queue, (rank, start, pair))
        return [part for part in parts if part]


def _some(strings: Iterable[str]) -> Iterable[str]:
    letters = 0
    for one in strings:
        if letters >= _LETTERS:
            return
        letters += len(one)
        yield one


def _apart(at: np.ndarray) -> np.ndarray:
    """Of places, those that are left when each takes the next one away from it: of AAA the first two are joined."""
    starts = np.flatnonzero(np.diff(at, prepend=-2) > 1)
    within = np.arange(len(at)) - np.repeat(starts, np.diff(starts, append=len(at)))
    return at[within % 2 == 0]


def _each(*places: np.ndarray) -> np.ndarray:
    return np.unique(np.concatenate(places))


def _add(counts: dict[int, int], queue: list[tuple[int, int]], row: np.ndarray, at: np.ndarray, sign: int) -> None:
    """Count the neighbours that start at those places."""
    left, right = row[at], row[at + 1]
    keys, times = np.unique((left * _BASE + right)[(left >= 0) & (right >= 0)], return_counts=True)
    for key, count in zip(keys.tolist(), (sign * times).tolist(), strict=True):
        counts[key] = counts.get(key, 0) + count
        if counts[key]:
            heapq.heappush(queue, (-counts[key], key))
