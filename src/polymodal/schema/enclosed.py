"""Files inside a table, as `datasets` and the Parquet files of its hub hold pictures and sound."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

_KEYS = {"bytes", "path"}
_LISTS = (list, tuple, np.ndarray)


def file_of(raw: Any) -> Any:
    """The bytes of such a file, its path where those lie elsewhere, a list of several; other cells as they are.

    >>> file_of({"bytes": b"GIF89a", "path": "a.gif"}), file_of([{"bytes": None, "path": "a.gif"}]), file_of(7)
    (b'GIF89a', ['a.gif'], 7)
    """
    if isinstance(raw, dict) and raw.keys() == _KEYS:
        return raw["path"] if raw["bytes"] is None else raw["bytes"]
    if isinstance(raw, _LISTS) and any(isinstance(one, dict) and one.keys() == _KEYS for one in raw):
        return [file_of(one) for one in raw]
    return raw


def with_files(column: pd.Series) -> pd.Series | None:
    """A column of such files as `file_of` has them, None for any other."""
    first = next((one for one in column if one is not None), None)
    return column.map(file_of, na_action="ignore") if file_of(first) is not first else None
