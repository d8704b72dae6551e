"""Arrays of single cells as one array of all of them, in memory that is used again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from polymodal.errors import SettingError
from polymodal.store.loader.buffers import Buffers


def stacked(arrays: Sequence[np.ndarray], name: str, buffers: Buffers) -> tuple[np.ndarray, np.ndarray | None]:
    """Arrays as one; shorter ones end in zeros and False. Raises SettingError for arrays of other dimensions.

    >>> from polymodal.store.loader.buffers import Reused
    >>> stacked([np.array([1, 2]), np.array([3])], "x", Reused())[1].tolist()
    [[True, True], [True, False]]
    """
    if not arrays:
        return np.zeros((0, 0), dtype=np.float32), None
    shapes, kinds = {one.shape for one in arrays}, {one.dtype for one in arrays}
    kind = kinds.pop() if len(kinds) == 1 else np.result_type(*arrays)
    if len(shapes) == 1:
        values = buffers.room((len(arrays), *arrays[0].shape), kind)
        for place, one in enumerate(arrays):
            values[place] = one
        return gaps_masked(values)
    if len({len(shape) for shape in shapes}) > 1:
        raise SettingError(f"the arrays of {name!r} have {sorted(map(len, shapes))} dimensions; form='prepared' can do")
    shape = len(arrays), *np.max([one.shape for one in arrays], axis=0).tolist()
    values, mask = buffers.room(shape, kind), buffers.room(shape, np.bool_)
    values.fill(0)
    mask.fill(False)
    for place, one in enumerate(arrays):
        where: tuple[Any, ...] = (place, *map(slice, one.shape))
        values[where], mask[where] = one, True
    return gaps_masked(values, mask)


def gaps_masked(values: np.ndarray, mask: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray | None]:
    """The values, in which NaN becomes zero, and the mask, in which that is False."""
    gaps = np.isnan(values) if values.dtype.kind == "f" else None
    if gaps is None or not gaps.any():
        return values, mask
    values[gaps] = 0
    return values, ~gaps if mask is None else mask & ~gaps
