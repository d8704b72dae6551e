"""The way back of transforms whose inverse is found by iteration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from polymodal.align.space.frames import Frame
from polymodal.align.space.transform import Transform
from polymodal.errors import DataError
from polymodal.registry import TRANSFORMS


@TRANSFORMS.register("inverse")
@dataclass(frozen=True, eq=False, repr=False)
class Inverse(Transform):
    """The way back of a transform that has no closed one."""

    kind = "inverse"
    of: Transform

    @property
    def source(self) -> Frame:  # type: ignore[override]
        """Where the other ends."""
        return self.of.target

    @property
    def target(self) -> Frame:  # type: ignore[override]
        """Where the other starts."""
        return self.of.source

    def inverse(self) -> Transform:
        return self.of

    def folding(self) -> float:
        return self.of.folding()

    def forward(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.of.backward(points)

    def backward(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.of.forward(points)

    def slope(self, points: np.ndarray) -> np.ndarray:
        return inverted(self.of.slope(self.of.backward(points)[0]))

    def fields(self) -> dict[str, Any]:
        return {"of": self.of.to_dict()}

    @classmethod
    def made_from(cls, fields: Mapping[str, Any], source: Frame, target: Frame) -> Transform:
        if not isinstance(fields["of"], Mapping):
            raise DataError("an inverse is that of a transform")
        return cls(Transform.from_dict(fields["of"], "what it is the inverse of"))


def inverted(slopes: np.ndarray) -> np.ndarray:
    """Inverses of matrices `[n, d, d]`; raises DataError where the map folds, so that one of them has none."""
    try:
        return np.linalg.inv(slopes)
    except np.linalg.LinAlgError as error:
        raise DataError("the map folds at some of these points, where it has no slope backwards") from error
