"""A column of raw cells as numbers, with what could not be read told apart from what is not there."""

from __future__ import annotations

import json
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


def written(raw: Any) -> Any:
    """A list of numbers that stands as text in a CSV file, as JSON has it, as that list; anything else as it is.

    >>> written("[0.5, null, 2]"), written("[[1, 2], [3, 4]]"), written("[a].csv"), written('["1"]')
    ([0.5, None, 2], [[1, 2], [3, 4]], '[a].csv', '["1"]')
    """
    if not isinstance(raw, str) or not raw.lstrip().startswith("["):
        return raw
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return raw
    items = [each for one in found for each in (one if isinstance(one, list) else [one])]
    numeric = all(one is None or (isinstance(one, (int, float)) and not isinstance(one, bool)) for one in items)
    return found if numeric else raw


def flat(raw: Any) -> Any:
    """A row of a sparse matrix, numbers with their names, or a list written as text, flat; anything else as it is.

    >>> from scipy.sparse import csr_array
    >>> flat(csr_array([[0, 3]])), flat(pd.Series({"GATA1": 2})), flat("x")
    (array([0, 3]), array([2]), 'x')
    """
    if isinstance(raw, str):
        return written(raw)
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
