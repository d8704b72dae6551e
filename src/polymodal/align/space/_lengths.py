"""Lengths of two frames in one measure, as maps that keep lengths need them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polymodal.align.space.frames import Frame
from polymodal.align.space.transforms.affine import Affine
from polymodal.errors import DataError


@dataclass(frozen=True)
class Lengths:
    """What one unit along each axis is, `[d]`, of the moving and of the fixed frame.

    Attributes:
        moving, fixed: in units of the fixed frame's first axis, where known; else 1.
        comparable: whether a length here and one there can be compared.
    """

    moving: np.ndarray
    fixed: np.ndarray
    comparable: bool

    def divided(self, moving: float, fixed: float) -> Lengths:
        """The same with a larger measure on each side; for a map that keeps lengths, the same on both."""
        return Lengths(self.moving / moving, self.fixed / fixed, self.comparable)

    def transform(self, linear: np.ndarray, offset: np.ndarray, moving: Frame, fixed: Frame) -> Affine:
        """The map found between points in this measure, between the frames as they are."""
        own = linear * self.moving[None, :] / self.fixed[:, None]
        return Affine.of(own, offset / self.fixed, moving, fixed)


def lengths_of(moving: Frame, fixed: Frame, model: str) -> Lengths:
    """The measure of two frames; two of pixels without a resolution count as of one size.

    Raises DataError where the dimensions differ, or where lengths are to be kept (`model` "rigid") and only one of
    the two frames says how long its unit is.

    >>> lengths_of(Frame("a", resolution=0.5), Frame("b", resolution=0.25), "rigid").moving
    array([2., 2.])
    """
    if moving.dimensions != fixed.dimensions:
        raise DataError(f"{moving} has {moving.dimensions} dimensions and {fixed} has {fixed.dimensions}")
    known = [frame.unit != "pixel" or frame.resolution is not None for frame in (moving, fixed)]
    ones = np.ones(moving.dimensions)
    if all(known):
        measure = fixed.unit_length[0]
        return Lengths(moving.unit_length / measure, fixed.unit_length / measure, True)
    if any(known) and model == "rigid":
        lost, other = (fixed, moving) if known[0] else (moving, fixed)
        raise DataError(
            f"a rigid map keeps lengths, and the resolution of frame {lost.name!r} is not known while that of "
            f"{other.name!r} is: give it, Frame({lost.name!r}, resolution=0.5) in micrometres a pixel, or take "
            "model='similarity'"
        )
    return Lengths(ones, ones, not any(known))
