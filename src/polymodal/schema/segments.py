"""Parts of cells taken away: a span of the time of a series, a block of the columns of a panel or table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from polymodal.schema.table import Table


def without_segments(table: Table, shares: Mapping[str, float], seed: int) -> tuple[Table, dict[str, float]]:
    """The table with one contiguous part gone from each present cell, and by modality the share of its steps gone.

    A part has the stated share of the steps of its cell, on average where that is no whole number, and lies anywhere
    in it as likely. What is left of a cell may be nothing.
    """
    frame, met = table.frame.copy(deep=False), {}
    changed = [name for name, share in shares.items() if share]
    for name in changed:
        random = np.random.default_rng([seed, *name.encode()])
        cells, modality = table.cells(name), table.schema.modalities[name]
        rows = np.flatnonzero(cells.present)
        lengths = np.array([len(modality.columns) or len(cells.samples[row]) for row in rows.tolist()], dtype=int)
        sizes = np.minimum(np.floor(shares[name] * lengths + random.random(len(rows))).astype(np.int64), lengths)
        starts = np.floor(random.random(len(rows)) * (lengths - sizes + 1)).astype(np.int64)
        met[name] = float(sizes.sum() / max(lengths.sum(), 1))
        if modality.columns:
            gone = np.zeros((len(table), len(modality.columns)), dtype=bool)
            steps = np.arange(len(modality.columns))
            gone[rows] = (steps >= starts[:, None]) & (steps < (starts + sizes)[:, None])
            for place, column in enumerate(modality.columns):
                frame[column] = _open(frame[column]).where(~gone[:, place], None)
            continue
        values = frame[name].astype(object).tolist()
        for row, start, size in zip(rows.tolist(), starts.tolist(), sizes.tolist(), strict=True):
            if size:
                values[row] = modality.as_raw(_with_gap(cells.samples[row], start, size))
        frame[name] = pd.Series(values, index=frame.index, dtype=object)
    return table.over(frame, changed), met


def _open(column: pd.Series) -> pd.Series:
    """The column in a type that has room for gaps."""
    return column if column.dtype.kind == "f" else column.astype(object)


def _with_gap(sample: object, start: int, size: int) -> object:
    """A copy with a gap, as raw cells write it: NaN in an array."""
    if not isinstance(sample, np.ndarray):  # the one column of a table: there or not
        return None
    opened = np.array(sample)
    opened[start : start + size] = np.nan
    return opened
