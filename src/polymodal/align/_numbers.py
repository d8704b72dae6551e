"""Settings that are numbers: whether what was given is one that can be used."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

import numpy as np

from polymodal.errors import SettingError


def is_real(value: Any, least: float = -math.inf) -> bool:
    """Whether it is a finite number of any type, and not below `least`; True and False are none.

    >>> is_real(0.5, 0), is_real("a"), is_real(True), is_real(float("nan")), is_real([0.5])
    (True, False, False, False, False)
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    return math.isfinite(value) and float(value) >= least


def is_positive(value: Any) -> bool:
    """The same above 0."""
    return is_real(value) and bool(value > 0)


def is_whole(value: Any, least: int = 0) -> bool:
    """The same of a whole type.

    >>> is_whole(3, 2), is_whole(1, 2), is_whole(3.0), is_whole(True)
    (True, False, False, False)
    """
    return isinstance(value, Integral) and is_real(value, least)


def floats(given: Any, name: str) -> np.ndarray:
    """An array of float64, copied. Raises SettingError for what is no array of numbers."""
    try:
        return np.array(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        told = repr(given)
        raise SettingError(f"{name}={told if len(told) < 80 else told[:77] + '...'}: an array of numbers") from error
