"""Changing unit, and changing the number of pixels: transforms as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from polymodal.align._numbers import floats
from polymodal.align.space.frames import Frame, Unit
from polymodal.align.space.transforms.affine import Affine
from polymodal.errors import SettingError


def scaling(frame: Frame, unit: Unit) -> Affine:
    """From a frame to the same frame in another unit; zero, the centre of the first pixel, stays.

    Raises DataError where pixels take part and the resolution is not known.

    >>> scaling(Frame("slide", resolution=0.5), "micrometre").points([[100, 20]])
    array([[50., 10.]])
    """
    target = frame.in_unit(unit)
    same = unit == frame.unit
    factors = np.ones(frame.dimensions) if same else frame.unit_length / target.unit_length
    return Affine.of(np.diag(factors), np.zeros(frame.dimensions), frame, target)


def resizing(frame: Frame, size: Sequence[int], name: str | None = None) -> Affine:
    """From a frame of pixels to that of the same picture with another number of them.

    `size` is (width, height); the frame must know its own. The edges stay, so that centres move by fractions of a
    pixel, as pictures do when they are resized. The new frame is called "NAME at 400 x 300" unless `name` is given.
    Raises SettingError for frames without a size or in other units.

    >>> small = resizing(Frame("slide", size=(4000, 3000), resolution=0.5), (400, 300))
    >>> small.points([[4.5, 4.5]]), small.target
    (array([[0., 0.]]), Frame 'slide at 400 x 300', 400 x 300 pixels of 5 micrometres)
    """
    if frame.unit != "pixel" or frame.size is None:
        raise SettingError(f"{frame} is not one of pixels that knows its size; give Frame(..., size=(width, height))")
    if floats(size, "size").shape != (frame.dimensions,):
        sides = "(width, height)" if frame.dimensions == 2 else "(width, height, depth)"
        raise SettingError(f"size={size!r}: {sides} in whole pixels, 1 or more")
    called = name or f"{frame.name} at {' x '.join(map(str, size))}"
    target = replace(frame, name=called, size=tuple(size), resolution=None)
    factors = np.array(target.size) / np.array(frame.size)
    if frame.resolution is not None:
        target = replace(target, resolution=tuple(frame.spacing / factors))
    return Affine.of(np.diag(factors), factors / 2 - 0.5, frame, target)
