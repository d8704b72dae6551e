"""Landmarks as they come: two arrays row by row, or two tables by the name of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from polymodal.align.space._points import checked
from polymodal.align.space.frames import Frame
from polymodal.errors import DataError, near_miss


@dataclass(frozen=True)
class Landmarks:
    """Pairs of points.

    Attributes:
        moving, fixed: `[n, d]`, row by row.
        own: `[n]` False for pairs that are there before.
        moving_frame, fixed_frame: what they are relative to.
        remarks: what is worth knowing, one sentence each.
    """

    moving: np.ndarray
    fixed: np.ndarray
    own: np.ndarray
    moving_frame: Frame
    fixed_frame: Frame
    remarks: tuple[str, ...]


def paired(moving: Any, fixed: Any, by: str | None, moving_frame: Frame | None, fixed_frame: Frame | None) -> Landmarks:
    """Checked pairs; raises DataError for sides of unequal length or dimensions, and names that are absent or twice."""
    remarks: tuple[str, ...] = ()
    if by is not None:
        moving, fixed, remarks = _joined(moving, fixed, by)
    d = dimensions_of(moving, moving_frame)
    frames = moving_frame or Frame("moving", dimensions=d), fixed_frame or Frame("fixed", dimensions=d)
    if frames[0].dimensions != frames[1].dimensions:
        raise DataError(f"landmarks are of as many dimensions on both sides, not from {frames[0]} to {frames[1]}")
    one, other = checked(moving, d, "moving landmarks"), checked(fixed, frames[1].dimensions, "fixed landmarks")
    if len(one) != len(other):
        raise DataError(f"{len(one)} moving and {len(other)} fixed landmarks: those in one row belong together; with "
                        "names in tables, give by='name'")  # fmt: skip
    own = np.zeros(len(one), dtype=bool)
    own[np.unique(np.concatenate([one, other], axis=1), axis=0, return_index=True)[1]] = True
    return Landmarks(one, other, own, *frames, remarks)


def dimensions_of(points: Any, frame: Frame | None) -> int:
    """2 or 3, by the frame or by what the points look like."""
    if frame is not None:
        return frame.dimensions
    if hasattr(points, "columns"):
        return 3 if "z" in points.columns else 2
    shape = np.shape(points)
    return 3 if len(shape) == 2 and shape[1] == 3 else 2


def _joined(moving: Any, fixed: Any, by: str) -> tuple[Any, Any, tuple[str, ...]]:
    for side, table in (("moving", moving), ("fixed", fixed)):
        if not hasattr(table, "columns"):
            raise DataError(f"by={by!r} asks for tables, and the {side} landmarks are {type(table).__name__}")
        if by not in table.columns:
            raise DataError(f"the {side} landmarks have no column {by!r}. {near_miss(by, map(str, table.columns))}")
        twice = sorted({str(name) for name in table[by][table[by].duplicated()]})
        if twice:
            raise DataError(f"the {side} landmarks have these names twice: {', '.join(twice[:5])}")
    common = [name for name in moving[by] if name in set(fixed[by]) and name == name]
    if not common:
        raise DataError(f"no {by!r} of the moving landmarks is among the fixed ones")
    alone = [str(name) for side, other in ((moving, fixed), (fixed, moving)) for name in side[by] if name not in
             set(other[by])]  # fmt: skip
    remarks = (f"without a partner: {', '.join(alone[:10])}{', ...' if len(alone) > 10 else ''}",) if alone else ()
    return moving.set_index(by).loc[common], fixed.set_index(by).loc[common], remarks
