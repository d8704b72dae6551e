"""Columns in the plain dtypes the rest of the library is written for."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pyarrow as pa

from polymodal.schema.enclosed import with_files

_EXACT_IN_FLOAT = 2**53
_MOST = int(np.finfo(np.float64).max)


def is_plain(dtype: object) -> bool:
    """Whether columns of a dtype need no look at their values: NumPy numbers, booleans and dates."""
    return isinstance(dtype, np.dtype) and dtype.kind in "biufM"


def plain_dtype(column: pd.Series) -> pd.Series | None:
    """The column with a NumPy or object dtype, or None when it need not change.

    Categoricals stay: they say that the values are categories, be they numbers. So do time zones and the
    string type that pandas itself infers. Spans become plain as `plain_spans` says.
    """
    spans = plain_spans(column)
    if spans is not None:
        return spans
    dtype = column.dtype
    if pd.api.types.is_object_dtype(dtype):
        kind = pd.api.types.infer_dtype(column, skipna=True)
        if kind == "mixed" and (files := with_files(column)) is not None:
            return files
        if kind in ("integer", "floating", "mixed-integer-float", "decimal"):
            return _as_numbers(column)
        if (kind == "string" or kind.startswith("mixed")) and not all(map(_is_text, column)):
            return column.map(_as_text).infer_objects()
        return column.astype(bool) if kind == "boolean" and not column.hasnans else None
    if dtype.kind == "c":
        return column.astype(object)  # pandas counts complex numbers as numeric; no modality reads them
    if isinstance(dtype, (np.dtype, pd.CategoricalDtype, pd.DatetimeTZDtype)):
        return None
    if isinstance(dtype, pd.SparseDtype):
        return pd.Series(column.to_numpy(), index=column.index)
    if pd.api.types.is_bool_dtype(dtype):
        return _with_none(column) if column.hasnans else column.astype(bool)
    if pd.api.types.is_numeric_dtype(dtype):
        return _as_numbers(column)
    if isinstance(dtype, pd.ArrowDtype):
        return _arrow_backed(column)
    if isinstance(dtype, pd.StringDtype) and dtype.na_value is pd.NA:
        return _with_none(column)
    return None


def plain_spans(column: pd.Series) -> pd.Series | None:
    """Durations as seconds, periods as their first moment, intervals as categories in words; None for anything else.

    >>> plain_spans(pd.Series(pd.to_timedelta(["1min", None]))).tolist()
    [60.0, nan]
    >>> plain_spans(pd.Series(pd.cut([1.0, 3.0], [0, 2, 4]))).tolist()
    ['(0, 2]', '(2, 4]']
    """
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        in_spans = isinstance(dtype.categories.dtype, pd.IntervalDtype)
        return column.cat.rename_categories(str) if in_spans else None
    if isinstance(dtype, pd.PeriodDtype):
        return column.dt.to_timestamp()
    if isinstance(dtype, pd.IntervalDtype):
        return column.astype("category").pipe(plain_spans)
    if not isinstance(dtype, pd.ArrowDtype) and dtype.kind == "m":
        return column.dt.total_seconds()
    kind = pd.api.types.infer_dtype(column, skipna=True) if pd.api.types.is_object_dtype(dtype) else ""
    if kind.startswith("timedelta"):
        return pd.to_timedelta(column).dt.total_seconds()
    if kind == "period":
        return column.map(lambda one: None if pd.isna(one) else one.to_timestamp())
    if kind == "interval":
        return column.map(lambda one: None if pd.isna(one) else str(one)).astype("category")
    return None


def _is_text(value: object) -> bool:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:  # half a surrogate pair, as broken exports hold; nothing can write it
            return False
    return True


def _as_text(value: object) -> object:
    return value if _is_text(value) else str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _arrow_backed(column: pd.Series) -> pd.Series:
    frame = pa.table({"column": pa.array(column, from_pandas=True)}).to_pandas()
    plain = frame["column"].set_axis(column.index)
    spans = plain_spans(plain)
    return plain if spans is None else spans


def _as_numbers(column: pd.Series) -> pd.Series:
    column = _within_float(column)
    known = column.dropna()
    is_whole = pd.api.types.infer_dtype(known, skipna=True) == "integer"
    if is_whole and len(known) and max(abs(int(known.max())), abs(int(known.min()))) > _EXACT_IN_FLOAT:
        return _with_none(column)
    if is_whole and not column.hasnans:
        return column.astype(np.int64)
    numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return pd.Series(numbers, index=column.index, name=column.name)


def _within_float(column: pd.Series) -> pd.Series:
    """Whole numbers of hundreds of digits as infinity, which is what they are to everything that computes."""
    if column.dtype != object:
        return column
    return column.map(
        lambda one: (math.inf if one > 0 else -math.inf) if isinstance(one, int) and abs(one) > _MOST else one
    )


def _with_none(column: pd.Series) -> pd.Series:
    objects = column.astype(object)
    return objects.where(column.notna(), None)
