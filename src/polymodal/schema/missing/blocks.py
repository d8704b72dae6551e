"""Blocks of rows that lose a modality together, as when a site never collects it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from polymodal.schema.table import Table

BLOCKS = 10  # runs of rows, where nobody says how many


def block_codes(table: Table, by: str | None, blocks: int | None) -> np.ndarray:
    """`[N]` which block a row is of."""
    column = by if by is not None or blocks is not None else table.schema.group
    if column is not None and column in table.frame.columns:
        codes, known = pd.factorize(table.frame[column])
        return np.where(codes < 0, len(known) + np.arange(len(codes)), codes)
    return np.arange(len(table)) * (blocks or BLOCKS) // max(len(table), 1)


def whole_blocks(codes: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Rows of blocks drawn in random order, each taken if that brings their number nearer to `count`."""
    distinct, sizes = np.unique(codes, return_counts=True)
    taken, total = [], 0
    for block in random.permutation(len(distinct)):
        if abs(total + sizes[block] - count) < abs(total - count):
            taken.append(distinct[block])
            total += sizes[block]
    return np.flatnonzero(np.isin(codes, taken))
