"""A column of raw cells as numbers, with what could not be read told apart from what is not there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from polymodal.schema.cells import is_absent
from polymodal.schema.numeric import to_numbers


def read_numbers(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """`[N]` float64, NaN where there is no usable number; and `[N]` bool, True where what was given is no finite one.

    >>> read_numbers(pd.Series([1, "2.5", "x", None, 10**400], dtype=object))
    (array([1. , 2.5, nan, nan, nan]), array([False, False,  True, False,  True]))
    """
    given = values.notna().to_numpy()
    try:
        numbers = to_numbers(values).to_numpy(dtype=np.float64, na_value=np.nan)
    except OverflowError:  # whole numbers of hundreds of digits
        numbers = np.array([_as_float(one) for one in values])
    lost = given & ~np.isfinite(numbers)
    for row in np.flatnonzero(lost).tolist():
        lost[row] = not is_absent(values.iloc[[row]].tolist()[0])
    # Where nothing was given a number may stand all the same: a lone NaT comes out as the smallest integer.
    return np.where(given & np.isfinite(numbers), numbers, np.nan), lost


def flat(raw: Any) -> Any:
    """A row of a sparse matrix, or numbers with their names, as an array; anything else as it is.

    >>> from scipy.sparse import csr_array
    >>> flat(csr_array([[0, 3]])), flat(pd.Series({"GATA1": 2})), flat("x")
    (array([0, 3]), array([2]), 'x')
    """
    if isinstance(raw, pd.Series):
        return raw.to_numpy()
    if not callable(getattr(raw, "toarray", None)):
        return raw
    dense = raw.toarray()
    return dense.ravel() if max(dense.shape) == dense.size else dense


def shown(raw: Any) -> str:
    """A raw value as a message shows it."""
    try:
        return repr(raw)[:80]
    except ValueError:  # Python writes out whole numbers up to a few thousand digits
        return f"a {type(raw).__name__} of thousands of digits"


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf
    except (TypeError, ValueError):
        return math.nan
