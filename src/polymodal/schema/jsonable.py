"""Whatever a result holds as JSON has it; without an import of NumPy or pandas, which a command may do without."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def jsonable(value: Any) -> Any:
    """Lists, dicts, strings, finite numbers, booleans and None: what is none of these is said in words.

    Arrays and sets become lists, tables lists of rows; NaN, infinity, NA and NaT become None.

    >>> jsonable({"share": float("nan"), 1: (True, None)})
    {'share': None, '1': [True, None]}
    """
    if hasattr(value, "to_dict") and hasattr(value, "columns"):  # a table
        return [jsonable(row) for row in value.to_dict("records")]
    if isinstance(value, Mapping):
        return {str(key): jsonable(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [jsonable(one) for one in value]
    if hasattr(value, "tolist"):  # an array, or one number of NumPy's
        return jsonable(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
