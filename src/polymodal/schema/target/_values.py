"""Label cells as plain values and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from polymodal.errors import SchemaError
from polymodal.schema.numeric import to_numbers

_LARGEST = 1e140  # beyond it the square, summed over the rows, is no number any more


def plain(value: Any) -> Any:
    """A numpy scalar as the Python value it stands for; integral floats as int, so 1.0 and 1 are one class."""
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def numbers(target: str, column: str, frame: pd.DataFrame) -> np.ndarray:
    """`[N]` float64 with NaN in gaps. Raises SchemaError for what is no number, infinite or too large to square."""
    values = to_numbers(frame[column])
    lost = values.isna() & frame[column].notna()
    if lost.any():
        sample = frame.loc[lost, column].iloc[0]
        raise SchemaError(
            f"target {target!r}: column {column!r} is not a number in {int(lost.sum())} rows, first {sample!r}"
        )
    found = np.array([_as_float(value) for value in values]) if values.dtype == object else values.to_numpy(np.float64)
    beyond = int((np.abs(found) > _LARGEST).sum())
    if np.isinf(found).any():
        raise SchemaError(f"target {target!r}: column {column!r} is infinite in {int(np.isinf(found).sum())} rows")
    if beyond:
        raise SchemaError(
            f"target {target!r}: column {column!r} is beyond {_LARGEST:g} in {beyond} rows; write it in a larger unit"
        )
    return found


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return np.inf
