"""Affine transforms: shift, rotation, scale, shear and mirroring, as one matrix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import polar

from polymodal.align._numbers import floats
from polymodal.align.space._arrays import decoded, encoded
from polymodal.align.space.frames import Frame
from polymodal.align.space.transform import Transform
from polymodal.errors import SettingError
from polymodal.registry import TRANSFORMS

_SINGULAR = 1e-12  # least singular value, in parts of the greatest


@TRANSFORMS.register("affine")
@dataclass(frozen=True, eq=False, repr=False)
class Affine(Transform):
    """`target = linear @ source + offset`.

    Attributes:
        matrix: `[d + 1, d + 1]`, of which the last row is 0, ..., 0, 1 and may be left out.
        source, target: the frames, both of d dimensions.

    Raises SettingError for a matrix of another shape, that is not finite, or that has no inverse.

    >>> turned = Affine([[0, -1, 10], [1, 0, 0]], Frame("moving"), Frame("fixed"))
    >>> turned.points([[2, 3]]), turned.angle, turned.scale
    (array([[7., 2.]]), 90.0, 1.0)
    """

    kind = "affine"
    matrix: np.ndarray
    source: Frame
    target: Frame

    def __post_init__(self) -> None:
        d = self.source.dimensions
        if self.target.dimensions != d:
            raise SettingError(f"an affine transform leads from {d} dimensions to as many, not from {self.source} to "
                               f"{self.target}")  # fmt: skip
        given = floats(self.matrix, "matrix")
        last = np.eye(d + 1)[-1:]
        whole = np.concatenate([given, last]) if given.shape == (d, d + 1) else given
        if whole.shape != (d + 1, d + 1):
            raise SettingError(f"a matrix of {d} dimensions is [{d}, {d + 1}] or [{d + 1}, {d + 1}], not "
                               f"{list(given.shape)}")  # fmt: skip
        if not np.isfinite(whole).all() or not np.array_equal(whole[-1:], last):
            raise SettingError(f"a matrix is finite and its last row is {last[0].tolist()}; this is {given.tolist()}")
        values = np.linalg.svd(whole[:d, :d], compute_uv=False)
        if values[-1] <= _SINGULAR * values[0]:
            raise SettingError(f"this matrix flattens the plane, so that nothing leads back: {given.tolist()}")
        whole.setflags(write=False)
        object.__setattr__(self, "matrix", whole)

    @classmethod
    def of(cls, linear: Any, offset: Any, source: Frame, target: Frame) -> Affine:
        """From `[d, d]` and `[d]`."""
        linear, offset = floats(linear, "linear"), floats(offset, "offset")
        if linear.ndim != 2 or offset.shape != linear.shape[:1]:
            raise SettingError(f"linear is [d, d] and offset [d], not {list(linear.shape)} and {list(offset.shape)}")
        return cls(np.concatenate([linear, offset[:, None]], axis=1), source, target)

    @property
    def linear(self) -> np.ndarray:
        """`[d, d]` without the shift."""
        return self.matrix[:-1, :-1]

    @property
    def offset(self) -> np.ndarray:
        """`[d]` where the zero of the source lands."""
        return self.matrix[:-1, -1]

    @property
    def mirrored(self) -> bool:
        """Whether left and right are exchanged."""
        return bool(np.linalg.det(self.linear) < 0)

    @property
    def scale(self) -> float:
        """By how much lengths grow, on geometric average over the axes."""
        return float(abs(np.linalg.det(self.linear)) ** (1 / self.source.dimensions))

    @property
    def angle(self) -> float:
        """Degrees of the rotation nearest to it; of a mirrored one, after x has been flipped.

        In 2-D from -180 to 180, positive from x towards y, which is clockwise as pictures are seen; in 3-D from 0.
        """
        turned, _ = polar(self.linear)
        if self.mirrored:
            turned = turned @ np.diag([-1.0, *np.ones(len(turned) - 1)])
        if len(turned) == 2:
            return float(np.degrees(np.arctan2(turned[1, 0], turned[0, 0])))
        return float(np.degrees(np.arccos(np.clip((np.trace(turned) - 1) / 2, -1, 1))))

    def __repr__(self) -> str:
        flipped = ", mirrored" if self.mirrored else ""
        return f"{super().__repr__()}: turned by {self.angle:.4g} degrees, scaled by {self.scale:.5g}{flipped}"

    def inverse(self) -> Affine:
        linear = np.linalg.inv(self.linear)
        return Affine.of(linear, -linear @ self.offset, self.target, self.source)

    def merged(self, before: Transform) -> Transform | None:
        return Affine(self.matrix @ before.matrix, before.source, self.target) if isinstance(before, Affine) else None

    def forward(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return points @ self.linear.T + self.offset, np.ones(len(points), dtype=bool)

    def backward(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.inverse().forward(points)

    def slope(self, points: np.ndarray) -> np.ndarray:
        return np.repeat(self.linear[None], len(points), axis=0)

    def fields(self) -> dict[str, Any]:
        return {"matrix": encoded(self.matrix)}

    @classmethod
    def made_from(cls, fields: Mapping[str, Any], source: Frame, target: Frame) -> Affine:
        return cls(decoded(fields["matrix"], "matrix", 2), source, target)
