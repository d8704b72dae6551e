"""Thin-plate splines: the smoothest map that takes some points to others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from polymodal.align._numbers import floats, is_positive
from polymodal.align.space._arrays import decoded, encoded
from polymodal.align.space._solving import solved
from polymodal.align.space.frames import Frame
from polymodal.align.space.transform import Transform
from polymodal.errors import SettingError
from polymodal.registry import TRANSFORMS

_AT_ONCE = 2_000_000  # distances
_SIDE = {2: 41, 3: 15}  # places to a side, where folding is looked for


@TRANSFORMS.register("thin_plate_spline")
@dataclass(frozen=True, eq=False, repr=False)
class ThinPlateSpline(Transform):
    """An affine map plus bumps around landmarks, of least bending (Bookstein 1989); `landmarks` fits it.

    Attributes:
        centres: `[n, d]` the landmarks, in the source.
        weights: `[n, d]` of the bump r^2 log r (in 3-D r) around each.
        matrix: `[d, d + 1]` the affine part.
        source, target: the frames.
        unit: length in the source by which distances are divided.

    Raises SettingError for arrays that do not fit each other.
    """

    kind = "thin_plate_spline"
    centres: np.ndarray
    weights: np.ndarray
    matrix: np.ndarray
    source: Frame
    target: Frame
    unit: float = 1.0

    def __post_init__(self) -> None:
        d = self.source.dimensions
        kept = {name: floats(getattr(self, name), name) for name in ("centres", "weights", "matrix")}
        shapes = {name: list(one.shape) for name, one in kept.items()}
        n = len(kept["centres"])
        if self.target.dimensions != d or shapes != {"centres": [n, d], "weights": [n, d], "matrix": [d, d + 1]}:
            raise SettingError(f"a spline of {n} landmarks in {d} dimensions has centres and weights [{n}, {d}] and a "
                               f"matrix [{d}, {d + 1}]; these are {shapes}, and lead to {self.target}")  # fmt: skip
        if not all(np.isfinite(one).all() for one in kept.values()) or not is_positive(self.unit):
            raise SettingError("a spline is made of finite numbers, and its unit is more than 0; these are not")
        for name, one in kept.items():
            one.setflags(write=False)
            object.__setattr__(self, name, one)

    def folding(self) -> float:
        """Share of places of a grid over the landmarks where it folds, or is turned over against its affine part."""
        ends = zip(self.centres.min(axis=0), self.centres.max(axis=0), strict=True)
        sides = [np.linspace(low, high, _SIDE[self.source.dimensions]) for low, high in ends]
        places = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, len(sides))
        sign = np.sign(np.linalg.det(self.matrix[:, :-1]))
        return float((sign * np.linalg.det(self.slope(places)) <= 0).mean())

    def forward(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._move(points), np.ones(len(points), dtype=bool)

    def backward(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        linear, offset = self.matrix[:, :-1], self.matrix[:, -1]
        start = np.linalg.lstsq(linear, (points - offset).T, rcond=None)[0].T
        return solved(self._move, self.slope, points, start)

    def slope(self, points: np.ndarray) -> np.ndarray:
        total = np.repeat(self.matrix[None, :, :-1], len(points), axis=0)
        middle = self.centres.mean(axis=0)
        here, around = (points - middle) / self.unit, (self.centres - middle) / self.unit
        # The sum over n of g_n w_n (x - c_n) is x times that of g w, less that of g w c: two products of matrices.
        pulled = (self.weights[:, :, None] * around[:, None, :]).reshape(len(around), -1)
        for part in self._pieces(len(points)):
            steep = steepness(cdist(here[part], around), points.shape[1])
            whole = (steep @ self.weights)[:, :, None] * here[part, None, :]
            total[part] += (whole - (steep @ pulled).reshape(whole.shape)) / self.unit
        return total

    def fields(self) -> dict[str, Any]:
        arrays = {name: encoded(getattr(self, name)) for name in ("centres", "weights", "matrix")}
        return {**arrays, "unit": float(self.unit)}

    @classmethod
    def made_from(cls, fields: Mapping[str, Any], source: Frame, target: Frame) -> ThinPlateSpline:
        centres, weights, matrix = (decoded(fields[name], name, 2) for name in ("centres", "weights", "matrix"))
        return cls(centres, weights, matrix, source, target, float(decoded(fields["unit"], "unit", 0)))

    def _move(self, points: np.ndarray) -> np.ndarray:
        moved = points @ self.matrix[:, :-1].T + self.matrix[:, -1]
        for part in self._pieces(len(points)):
            far = cdist(points[part], self.centres) / self.unit
            moved[part] += bump(far, points.shape[1]) @ self.weights
        return moved

    def _pieces(self, n: int) -> list[slice]:
        step = max(1, _AT_ONCE // max(len(self.centres), 1))
        return [slice(start, start + step) for start in range(0, n, step)]


def bump(far: np.ndarray, dimensions: int) -> np.ndarray:
    """The fundamental solution of the biharmonic equation at some distances: r^2 log r in the plane, -r in space."""
    if dimensions == 3:
        return -far
    return far**2 * np.log(np.where(far > 0, far, 1.0))


def steepness(far: np.ndarray, dimensions: int) -> np.ndarray:
    """The derivative of `bump` by the distance, divided by the distance; 0 at the centre."""
    safe = np.where(far > 0, far, 1.0)
    return np.where(far > 0, -1 / safe if dimensions == 3 else 2 * np.log(safe) + 1, 0.0)
