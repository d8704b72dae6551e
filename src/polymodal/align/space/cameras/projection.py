"""Projection: which points a picture shows, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import ndimage

from polymodal.align._numbers import is_real
from polymodal.errors import DataError, SettingError

_BEHIND = 1.1  # times the depth of what is nearest, from which a point is hidden


@dataclass(frozen=True, eq=False)
class Projection:
    """Points as a camera sees them.

    Attributes:
        pixels: `[n, 2]` (x, y); without a meaning where the point is not in front of the camera.
        depth: `[n]` along the axis of the camera, in the unit of the points; negative behind it.
        seen: `[n]` whether it is in front, within the reach of the lens, and inside the picture if its size is known.
        size: (width, height) of the picture, where known.
    """

    pixels: np.ndarray
    depth: np.ndarray
    seen: np.ndarray
    size: tuple[int, ...] | None

    def __repr__(self) -> str:
        return f"{self.seen.sum():,} of {len(self.seen):,} points are seen"

    def without_hidden(self, radius: float = 3.0) -> Projection:
        """The same, without points that have another one 10 % nearer to the camera within about `radius` pixels.

        Points are thin, so that a camera beside a lidar sees through the gaps of what is near; take the distance
        between neighbouring points in the picture.
        """
        if not is_real(radius, 0.5):
            raise SettingError(f"radius={radius!r} is in pixels, 0.5 or more")
        rows = np.flatnonzero(self.seen)
        if not len(rows):
            return self
        cells = np.floor(self.pixels[rows] / radius).astype(np.int64)
        cells -= cells.min(axis=0)
        nearest = np.full(cells.max(axis=0) + 1, np.inf)
        np.minimum.at(nearest, tuple(cells.T), self.depth[rows])
        around = ndimage.minimum_filter(nearest, size=3, mode="constant", cval=np.inf)
        seen = self.seen.copy()
        seen[rows] = self.depth[rows] <= _BEHIND * around[tuple(cells.T)]
        return replace(self, seen=seen)

    def nearest(self, size: Sequence[int] | None = None) -> np.ma.MaskedArray:
        """`[height, width]` number of the nearest point seen at each pixel, masked where there is none."""
        width, height = self._size(size)
        rows = np.flatnonzero(self.seen)
        columns, lines = np.floor(self.pixels[rows] + 0.5).astype(np.int64).T
        inside = (columns >= 0) & (columns < width) & (lines >= 0) & (lines < height)
        rows, columns, lines = rows[inside], columns[inside], lines[inside]
        order = np.argsort(-self.depth[rows], kind="stable")  # the nearest is written last
        found = np.ma.masked_all((height, width), dtype=np.int64)
        found[lines[order], columns[order]] = rows[order]
        return found

    def depth_map(self, size: Sequence[int] | None = None) -> np.ma.MaskedArray:
        """`[height, width]` depth of the nearest point seen at each pixel, masked where there is none."""
        rows = self.nearest(size)
        return np.ma.array(self.depth[rows.filled(0)] if len(self.depth) else np.zeros(rows.shape), mask=rows.mask)

    def read(self, picture: Any) -> np.ma.MaskedArray:
        """`[n]` or `[n, channels]` what a picture shows at each point, linear between pixels; masked if not seen.

        Raises DataError for a picture of another size.
        """
        given = np.asarray(picture)
        if given.ndim not in (2, 3) or given.dtype.kind not in "buif" or not given.size:
            raise DataError(f"a picture is [height, width] or [height, width, channels] numbers, not {given.dtype} "
                            f"{list(given.shape)}")  # fmt: skip
        if self.size is not None and given.shape[1::-1] != self.size:
            raise DataError(f"the picture is {given.shape[1]} x {given.shape[0]} pixels, and the camera's "
                            f"{self.size[0]} x {self.size[1]}")  # fmt: skip
        ends = np.array(given.shape[1::-1]) - 0.5
        inside = self.seen & (self.pixels >= -0.5).all(axis=1) & (self.pixels < ends).all(axis=1)
        found = np.ma.masked_all((len(inside), *given.shape[2:]), dtype=np.float64)
        at = self.pixels[inside][:, ::-1].T
        for channel in np.ndindex(given.shape[2:]):
            one = given[(slice(None), slice(None), *channel)].astype(np.float64, copy=False)
            found[(inside, *channel)] = ndimage.map_coordinates(one, at, order=1, mode="nearest")
        return found

    def _size(self, size: Sequence[int] | None) -> tuple[int, int]:
        given = self.size if size is None else size
        if given is None:
            raise DataError("how large is the picture? Give size=(width, height), or give the camera's target frame "
                            "its size")  # fmt: skip
        sides = np.asarray(given)
        if sides.shape != (2,) or sides.dtype.kind not in "ui" or (sides < 1).any():
            raise SettingError(f"size={size!r}: (width, height) in whole pixels, 1 or more")
        return int(sides[0]), int(sides[1])
