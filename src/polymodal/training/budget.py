"""A time budget as people write it."""

from __future__ import annotations

import math
import re

from polymodal.errors import SettingError

_SECONDS = {"": 1.0, "s": 1.0, "sec": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0}


def seconds(budget: str | float | None) -> float | None:
    """Seconds of a budget such as "90s", "10min", "1.5h" or a number of seconds.

    Raises SettingError for anything else.

    >>> seconds("10min"), seconds(90), seconds(None)
    (600.0, 90.0, None)
    """
    if budget is None:
        return None
    if isinstance(budget, (int, float)) and not isinstance(budget, bool) and 0 < budget < math.inf:
        return float(budget)
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)\s*", str(budget).lower())
    if match is None or match[2] not in _SECONDS or float(match[1]) <= 0:
        raise SettingError(f"budget {budget!r} is no time; write it as '90s', '10min', '1.5h' or seconds")
    return float(match[1]) * _SECONDS[match[2]]
