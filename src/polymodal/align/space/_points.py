"""Points as they come, checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from polymodal.errors import DataError

_AXES = ("x", "y", "z")
_SHOWN = 5


def checked(given: Any, dimensions: int, name: str = "points") -> np.ndarray:
    """`[n, d]` float64, from an array, a list, or a table with columns x, y(, z).

    Raises DataError for another shape, and for values that are absent or no numbers, with their rows.

    >>> checked([[1, 2]], 2)
    array([[1., 2.]])
    """
    if hasattr(given, "columns") and hasattr(given, "to_numpy"):
        wanted = list(_AXES[:dimensions])
        gone = [one for one in wanted if one not in given.columns]
        if gone:
            have = ", ".join(map(repr, given.columns))
            raise DataError(f"{name} have columns {have}, and {', '.join(map(repr, gone))} is asked for")
        given = given[wanted].to_numpy()
    try:
        points = np.array(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} are [n, {dimensions}] numbers: {error}") from error
    if points.ndim == 1 and points.size == 0:
        points = points.reshape(0, dimensions)
    if points.ndim != 2 or points.shape[1] != dimensions:
        alone = ", in double brackets for a single one" if points.shape == (dimensions,) else ""
        axes = ", ".join(_AXES[:dimensions])
        raise DataError(f"{name} are [n, {dimensions}] with columns {axes}{alone}; these are {list(points.shape)}")
    bad = np.flatnonzero(~np.isfinite(points).all(axis=1))
    if len(bad):
        raise DataError(f"{name} {listed(bad)} are absent or not finite; leave them out")
    return points


def listed(rows: np.ndarray) -> str:
    """Row numbers, the first few.

    >>> listed(np.arange(7))
    '0, 1, 2, 3, 4 and 2 more'
    """
    more = f" and {len(rows) - _SHOWN:,} more" if len(rows) > _SHOWN else ""
    return ", ".join(map(str, rows[:_SHOWN])) + more
