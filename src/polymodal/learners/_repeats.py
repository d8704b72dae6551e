"""Cells that come back: which of the cells learnt from each cell is, known by its content alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from polymodal.learners._design import Design

_LEAST_SHARE = 3  # rows a distinct cell, on average, from which cells are taken to come back


def repeating(design: Design, modalities: Sequence[str], rows: np.ndarray) -> list[str]:
    """Those of the modalities whose cells come back three times on average among the `rows`, and that differ at all."""
    found = []
    for name in modalities:
        keys = keys_of(design, name, rows)[1]
        n_distinct = len(np.unique(keys))
        if 1 < n_distinct <= len(keys) / _LEAST_SHARE:
            found.append(name)
    return found


def keys_of(design: Design, name: str, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the rows `[n]`: positions of those that have the modality, and the identity of each one's cell."""
    if name not in design.identity:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    place = np.full(len(design), -1)
    place[design.rows(name)] = np.arange(len(design.identity[name]))
    here = place[rows]
    has = np.flatnonzero(here >= 0)
    return has, design.identity[name][here[has]]


def places_of(design: Design, name: str, rows: np.ndarray, known: np.ndarray) -> np.ndarray:
    """`[n]` position of each row's cell among the `known [E]` identities (ascending); E where it is absent or new."""
    found = np.full(len(rows), len(known))
    has, keys = keys_of(design, name, rows)
    if len(known) and len(keys):
        at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        found[has] = np.where(known[at] == keys, at, len(known))
    return found
