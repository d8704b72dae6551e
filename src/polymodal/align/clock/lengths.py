"""Lengths of time and rates, as they are given for settings."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd

from polymodal.align._numbers import is_real
from polymodal.align.clock.stamps import UNITS
from polymodal.errors import SettingError

_NANOSECONDS = 10**9
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)


def tolerance_in(ticks: np.ndarray, length: object, unit: str, what: str = "tolerance") -> float | int:
    """A length of time in the scale of `ticks`: a number counts in `unit`, text such as "250ms" says its own.

    Raises SettingError for what is no length, or a negative one.

    >>> tolerance_in(np.zeros(1, np.int64), "2min", "s"), tolerance_in(np.zeros(1), 2, "s")
    (120000000000, 2.0)
    """
    nanoseconds = length_of(length, unit, what) * _NANOSECONDS
    return round(nanoseconds) if ticks.dtype.kind == "i" else nanoseconds / _NANOSECONDS


def length_of(length: object, unit: str, what: str) -> float:
    """Seconds of a number in `unit`, or of text, `timedelta` and the like. Raises SettingError.

    >>> length_of("1.5", "min", "tolerance"), length_of("250ms", "min", "tolerance")
    (90.0, 0.25)
    """
    try:
        # What is typed at a terminal is text, and pandas would count it in nanoseconds.
        is_number = isinstance(length, (int, float, np.integer, np.floating)) and not isinstance(length, bool)
        if is_number or (isinstance(length, str) and _NUMBER.fullmatch(length.strip())):
            seconds = float(length) * UNITS[unit] / _NANOSECONDS  # type: ignore[arg-type]
        else:
            seconds = pd.Timedelta(length).total_seconds()  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise SettingError(
            f"{what}={length!r} is no length of time; give a number, which counts in {unit!r}, or text such as '250ms'"
        ) from error
    if not math.isfinite(seconds) or seconds < 0:
        raise SettingError(f"{what}={length!r} has to be a length of time from 0 on")
    return seconds


def samples_a_second(rate: object, name: str = "rate", least: float = 0.0) -> float:
    """A rate as a number. Raises SettingError for what is none, infinite, 0 or less, or below `least`.

    >>> samples_a_second(50)
    50.0
    """
    is_number = isinstance(rate, (int, float, np.integer, np.floating)) and not isinstance(rate, bool)
    found = float(rate) if is_number else math.nan  # type: ignore[arg-type]
    if not (math.isfinite(found) and found > 0 and found >= least):
        wanted = f"at least {least:g}" if least else "more than 0"
        raise SettingError(f"{name}={rate!r}: samples a second are a number, {wanted}")
    return found


def check_ends(start: object, end: object) -> None:
    """Raises SettingError for what is no number of seconds; None leaves an end to the streams."""
    for name, one in (("start", start), ("end", end)):
        if one is not None and not is_real(one):
            raise SettingError(f"{name}={one!r} has to be a number of seconds by the clock of the streams")
