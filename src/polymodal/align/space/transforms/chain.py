"""Transforms one after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from polymodal.align.space.frames import Frame, need_agreement
from polymodal.align.space.transform import Transform
from polymodal.errors import DataError, SettingError
from polymodal.registry import TRANSFORMS


@TRANSFORMS.register("chain")
@dataclass(frozen=True, eq=False, repr=False)
class Chain(Transform):
    """Transforms one after another; `then` makes it.

    Attributes:
        parts: the first comes first.
    """

    kind = "chain"
    parts: tuple[Transform, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise SettingError("a chain has at least one transform")
        for one, after in zip(self.parts, self.parts[1:], strict=False):
            need_agreement(one.target, after.source)

    @property
    def source(self) -> Frame:  # type: ignore[override]
        """That of the first."""
        return self.parts[0].source

    @property
    def target(self) -> Frame:  # type: ignore[override]
        """That of the last."""
        return self.parts[-1].target

    def inverse(self) -> Transform:
        back = [part.inverse() for part in reversed(self.parts)]
        return Chain(tuple(back))

    def folding(self) -> float:
        """That of the part that folds most."""
        return max(part.folding() for part in self.parts)

    @property
    def lost(self) -> str:
        return " or ".join(dict.fromkeys(part.lost for part in self.parts))

    def forward(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return _through([part.forward for part in self.parts], points)

    def backward(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return _through([part.backward for part in reversed(self.parts)], points)

    def slope(self, points: np.ndarray) -> np.ndarray:
        total = self.parts[0].slope(points)
        for before, part in zip(self.parts, self.parts[1:], strict=False):
            points = before.forward(points)[0]
            total = part.slope(points) @ total
        return total

    def fields(self) -> dict[str, Any]:
        return {"parts": [part.to_dict() for part in self.parts]}

    @classmethod
    def made_from(cls, fields: Mapping[str, Any], source: Frame, target: Frame) -> Transform:
        parts = fields["parts"]
        if not isinstance(parts, list) or not all(isinstance(part, Mapping) for part in parts):
            raise DataError("the parts of a chain are a list of transforms")
        return cls(tuple(Transform.from_dict(part, f"part {place}") for place, part in enumerate(parts, start=1)))

    def _parts(self) -> tuple[Transform, ...]:
        return self.parts


def _through(steps: Sequence[Any], points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    found = np.ones(len(points), dtype=bool)
    for step in steps:
        points, there = step(points)
        found &= there
    return points, found
