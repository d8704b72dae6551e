"""Whether a column holds dates, or times with their dates."""

from __future__ import annotations

import re

import pandas as pd

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?")


def dates(values: pd.Series) -> str | None:
    """In words, or None for a column of something else.

    >>> dates(pd.Series(["2024-05-01", None, "2024-05-02"]))
    'dates written YYYY-MM-DD'
    >>> dates(pd.Series(["05/01/2024"]))
    """
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return "timestamps"
    known = values.dropna()
    if not len(known):
        return None
    if pd.api.types.infer_dtype(known) in ("date", "datetime"):
        return "dates"
    some = known.head(500)
    if all(isinstance(one, str) and _DATE.fullmatch(one.strip()) for one in some):
        return "dates written YYYY-MM-DD"
    return None
