"""Raw columns as numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd


def to_numbers(values: pd.Series) -> pd.Series:
    """`pd.to_numeric` with what is no number as NaN; a complex number is none.

    Beside a complex one pandas 3 fills the place of what is no number with whatever memory held. Raises OverflowError
    for whole numbers of hundreds of digits.

    >>> to_numbers(pd.Series([1.5, 3 + 4j, "2", "x"], dtype=object)).tolist()
    [1.5, nan, 2.0, nan]
    """
    complexes = are_complex(values)
    real = values.astype(object).where(~complexes, None) if complexes.any() else values
    found: pd.Series = pd.to_numeric(real, errors="coerce")
    return found


def are_complex(values: pd.Series) -> np.ndarray:
    """`[N]` bool."""
    if values.dtype != object:
        return np.full(len(values), getattr(values.dtype, "kind", "") == "c")
    return np.fromiter(
        (isinstance(one, (complex, np.complexfloating)) for one in values), dtype=bool, count=len(values)
    )
