"""What a recorded cell holds, from a file or from memory, as arrays of numbers with NaN where there is none."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from polymodal.modalities._npy import BROKEN, array_from
from polymodal.schema.cells import Unreadable

# What zip, pandas and Arrow raise on broken bytes, besides.
_BROKEN = (*BROKEN, RuntimeError, zipfile.BadZipFile, zlib.error, csv.Error, pd.errors.ParserError)
SUFFIXES = (".npy", ".npz", ".csv", ".tsv", ".parquet")


def array_or_none(raw: Any) -> np.ndarray | None:
    """Numbers as float64 of any shape but a single one, None inside as NaN; None for what is no array of numbers.

    >>> array_or_none([[1, None], [2, 3]])
    array([[ 1., nan],
           [ 2.,  3.]])
    >>> array_or_none(["a"]) is None
    True
    """
    try:
        array = np.asarray(
            raw if isinstance(raw, np.ndarray) and raw.dtype != object else _nested(raw), dtype=np.float64
        )
    except (TypeError, ValueError, OverflowError):
        return None
    return None if array.ndim == 0 else array


def column_or_none(raw: Any) -> np.ndarray | None:
    """`[T]` float64 of one column of whatever makes columns, NaN in gaps; None for what is no column of numbers."""
    if isinstance(raw, (pd.Series, pd.Index)):
        is_plain = isinstance(raw.dtype, np.dtype) and raw.dtype.kind in "biuf"
        raw = raw.to_numpy(dtype=np.float64) if is_plain else raw.tolist()
    found = array_or_none(raw)
    return found if found is not None and found.ndim == 1 else None


def load(path: Path) -> Any:
    """An array, or a frame or dict of named columns. Raises Unreadable for a file that holds neither."""
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return array_from(path)
    try:
        if suffix in SUFFIXES and not path.stat().st_size:
            raise Unreadable("the file is empty", str(path))
        if suffix == ".npz":
            # As bytes, since NumPy leaves a file open that it cannot read.
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            return next(iter(arrays.values())) if len(arrays) == 1 else arrays
        if suffix == ".parquet":
            return pd.read_parquet(path)
        if suffix in (".csv", ".tsv", ".txt"):
            return pd.read_csv(path, sep="\t" if suffix == ".tsv" else None, engine="python")
    except _BROKEN as error:
        raise Unreadable(f"not a readable series: {error}", str(path)) from error
    raise Unreadable(f"a series file ends in one of {', '.join(SUFFIXES)}", str(path))


def shortened(array: np.ndarray, longest: int) -> np.ndarray:
    """`[T, C]` averaged over windows of as many rows as bring it down to at most `longest`; gaps count for nothing."""
    if len(array) <= longest:
        return array
    window = -(-len(array) // longest)
    padded = np.full((-(-len(array) // window) * window, array.shape[1]), np.nan)
    padded[: len(array)] = array
    windows = padded.reshape(-1, window, array.shape[1])
    counts = (~np.isnan(windows)).sum(axis=1)
    return np.where(counts > 0, np.nansum(windows, axis=1) / np.maximum(counts, 1), np.nan)


def _nested(raw: Any) -> Any:
    """Lists of arrays and arrays of lists (what Arrow gives back) as plain nested lists; None inside becomes NaN."""
    if isinstance(raw, (list, tuple, np.ndarray)):
        return [_nested(one) for one in raw]
    return np.nan if raw is None or raw is pd.NA else raw
