"""A size in memory as people write it."""

from __future__ import annotations

import math
import re

from polymodal.errors import SettingError

_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}


def n_bytes(size: str | float) -> float:
    """Bytes of a size such as "500MB", "2GB" or a number of bytes. Raises SettingError for anything else.

    >>> n_bytes("2GB"), n_bytes("1.5 kb"), n_bytes(0)
    (2000000000.0, 1500.0, 0.0)
    """
    if isinstance(size, (int, float)) and not isinstance(size, bool) and 0 <= size < math.inf:
        return float(size)
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)\s*", str(size).lower())
    if match is None or match[2] not in _UNITS:
        raise SettingError(f"memory={size!r} is no size; write it as '500MB', '2GB' or bytes")
    return float(match[1]) * _UNITS[match[2]]
