"""Counts of genes by name, as one sample has them."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from polymodal.modalities._numbers import flat, shown
from polymodal.schema.cells import Unreadable, is_absent

_LARGEST = 1e15
Panel = tuple[np.ndarray, tuple[str, ...]]  # how names are to be sorted, and the sorted ones
_SHOWN = 8  # genes up to which a profile writes itself out


class Profile:
    """`genes`, a tuple that samples of one panel share, and `counts [G]` float64, NaN where a count was not taken.

    Profiles are equal when the same genes have the same counts, in whatever order.
    """

    def __init__(self, genes: tuple[str, ...], counts: np.ndarray) -> None:
        self.genes, self.counts = genes, counts

    @cached_property
    def total(self) -> float:
        """The library size."""
        return float(np.nansum(self.counts))

    @property
    def n_known(self) -> int:
        """Genes that were measured."""
        return int((~np.isnan(self.counts)).sum())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Profile) and self._known() == other._known()

    def __hash__(self) -> int:
        return hash(frozenset(self._known().items()))

    def __repr__(self) -> str:
        known = sorted(self._known().items())
        if len(known) <= _SHOWN:
            return f"Profile({', '.join(f'{gene}={count:g}' for gene, count in known)})"
        digest = hashlib.blake2b(repr(known).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        return f"Profile({len(known)} genes, {self.total:g} counts, {digest})"

    def _known(self) -> dict[str, float]:
        counts = self.counts.tolist()
        return {gene: count for gene, count in zip(self.genes, counts, strict=True) if not math.isnan(count)}


def profile_of(raw: Any, known: dict[tuple[str, ...], Panel]) -> Profile | None:
    """A dict or Series of gene to count, or two lists: names and counts, also as a dict of `genes` and `counts`.

    A gap is as good as no mention: files that know no dicts of different keys write one. `known` holds the panels met
    so far. None when no count was taken; raises Unreadable for what is no count.
    """
    if isinstance(raw, dict) and raw.keys() == {"genes", "counts"} and not np.isscalar(raw["genes"]):
        raw = (raw["genes"], raw["counts"])
    elif isinstance(raw, pd.Series):
        raw = (raw.index, raw)
    if isinstance(raw, dict):
        names, given = tuple(raw), list(raw.values())
    elif isinstance(raw, (tuple, list)) and len(raw) == 2 and _is_list(raw[0]) and _is_list(flat(raw[1])):
        names, given = tuple(raw[0]), flat(raw[1])
        if len(names) != len(given):
            raise Unreadable(f"{len(names)} genes came with {len(given)} counts")
    else:
        raise Unreadable(
            f"a dict or Series of gene to count, or a tuple of names and counts, is expected, {type(raw).__name__} came"
        )
    wrong = [name for name in names if not (isinstance(name, str) and name)]
    if wrong:
        raise Unreadable(f"genes have names, {shown(wrong[0])} came")
    if names not in known:
        known[names] = _panel(names)
    order, genes = known[names]
    counts = _counts(names, given)[order]
    return None if np.isnan(counts).all() else Profile(genes, counts)


def _is_list(raw: Any) -> bool:
    return isinstance(raw, (list, tuple, pd.Index)) or (isinstance(raw, np.ndarray) and raw.ndim == 1)


def _panel(names: tuple[str, ...]) -> Panel:
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise Unreadable(f"{len(twice)} genes come twice, such as {twice[0]!r}")
    order = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.int64)
    return order, tuple(names[place] for place in order.tolist())


def _counts(names: tuple[str, ...], given: Any) -> np.ndarray:
    """`[G]` float64, NaN where there is none."""
    try:
        counts = np.asarray(given)
    except ValueError:  # lists of unequal length
        counts = np.empty(0, dtype=object)
    if counts.ndim != 1 or counts.dtype.kind not in "biuf":
        return np.array([_count(name, one) for name, one in zip(names, given, strict=True)])
    counts = counts.astype(np.float64)
    beyond = np.flatnonzero((counts < 0) | (counts > _LARGEST))
    if len(beyond):
        place = int(beyond[0])
        raise Unreadable(f"a count is a finite number from 0, {counts[place]:g} came for {names[place]!r}")
    return counts


def _count(name: str, raw: Any) -> float:
    if is_absent(raw):
        return math.nan
    try:
        count = float(raw)
    except (TypeError, ValueError, OverflowError):
        count = math.nan
    if not 0 <= count <= _LARGEST:
        raise Unreadable(f"a count is a finite number from 0, {shown(raw)} came for {name!r}")
    return count
