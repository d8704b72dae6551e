"""Displacement: where each place of the target comes from, on a grid, as the registration of pictures gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from polymodal.align._numbers import floats
from polymodal.align.space._arrays import decoded, encoded
from polymodal.align.space._solving import solved
from polymodal.align.space.frames import Frame
from polymodal.align.space.transform import Transform
from polymodal.align.space.transforms import _lattice as lattice
from polymodal.align.space.transforms.inverse import inverted
from polymodal.errors import SettingError
from polymodal.registry import TRANSFORMS

_MOST_LOOKED_AT = 100_000


@TRANSFORMS.register("displacement")
@dataclass(frozen=True, eq=False, repr=False)
class Displacement(Transform):
    """What is at place p of the target was at `p + offsets(p)` in the source.

    Between the points of the grid offsets are linear, beyond its edge they stay as they are there. Points move the
    other way, by Newton's method. A rotation or a large shift is better left to an Affine before this: a Chain.

    Attributes:
        offsets: `[height, width, 2]`, (dx, dy) in units of the source; `[depth, height, width, 3]` in 3-D.
        source, target: the frames.
        origin: `[d]` where in the target the first point of the grid lies.
        spacing: `[d]` from one to the next, in units of the target; one number for all axes.

    Raises SettingError for offsets of another shape or not finite.

    >>> field = np.zeros((3, 3, 2)); field[..., 0] = -2.0
    >>> Displacement(field, Frame("moving"), Frame("fixed"), spacing=10).points([[5, 5]])
    array([[7., 5.]])
    """

    kind = "displacement"
    offsets: np.ndarray
    source: Frame
    target: Frame
    origin: Any = 0.0
    spacing: Any = 1.0

    def __post_init__(self) -> None:
        d = self.target.dimensions
        offsets = floats(self.offsets, "offsets")
        if self.source.dimensions != d:
            raise SettingError(f"a displacement stays in {d} dimensions; it cannot come from {self.source}")
        if offsets.ndim != d + 1 or offsets.shape[-1] != d or not offsets.size:
            axes = "[height, width, 2]" if d == 2 else "[depth, height, width, 3]"
            raise SettingError(f"offsets are {axes}, not {list(offsets.shape)}")
        if not np.isfinite(offsets).all():
            raise SettingError("offsets are finite numbers; some of these are not")
        offsets.setflags(write=False)
        object.__setattr__(self, "offsets", offsets)
        for name in ("origin", "spacing"):
            given = floats(getattr(self, name), name)
            fits = given.shape in ((), (1,), (d,)) and np.isfinite(given).all()
            if not fits or (name == "spacing" and not (given > 0).all()):
                more = ", more than 0" if name == "spacing" else ""
                raise SettingError(f"{name} is one number or {d}{more}; this is {given.tolist()}")
            object.__setattr__(self, name, np.broadcast_to(given, (d,)))

    @property
    def lost(self) -> str:
        return "have no counterpart: the displacement folds there"

    def folding(self) -> float:
        """Share of the middles of the grid's cells where it folds."""
        sides = [np.arange(max(n - 1, 1)) + (0.5 if n > 1 else 0) for n in self.offsets.shape[-2::-1]]
        middles = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, len(sides))
        few = middles[:: max(1, len(middles) // _MOST_LOOKED_AT)]
        return float((np.linalg.det(self._slope_backward(few * self.spacing + self.origin)) <= 0).mean())

    def backward(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._back(points), np.ones(len(points), dtype=bool)

    def forward(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return solved(self._back, self._slope_backward, points, 2 * points - self._back(points))

    def slope(self, points: np.ndarray) -> np.ndarray:
        return inverted(self._slope_backward(self.forward(points)[0]))

    def fields(self) -> dict[str, Any]:
        return {name: encoded(getattr(self, name)) for name in ("offsets", "origin", "spacing")}

    @classmethod
    def made_from(cls, fields: Mapping[str, Any], source: Frame, target: Frame) -> Displacement:
        offsets = decoded(fields["offsets"], "offsets", target.dimensions + 1)
        origin, spacing = (decoded(fields[name], name, 1) for name in ("origin", "spacing"))
        return cls(offsets, source, target, origin, spacing)

    def _back(self, points: np.ndarray) -> np.ndarray:
        return points + lattice.between(self.offsets, (points - self.origin) / self.spacing)

    def _slope_backward(self, points: np.ndarray) -> np.ndarray:
        steps = lattice.slopes(self.offsets, (points - self.origin) / self.spacing)
        return np.eye(points.shape[1]) + steps / self.spacing
