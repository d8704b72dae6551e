"""By which angle one picture is turned against another: all of them tried, on small copies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

N_ANGLES = 72
_APART = 8.0  # degrees between two starts
_SIDE = 300  # pixels of the small copies


@dataclass(frozen=True)
class Start:
    """A rotation to begin with, in degrees, and where it brings the centre of the fixed tissue to.

    Attributes:
        angle: degrees by which the fixed picture is turned to lie on the moving one.
        fixed, moving: `[2]` places (x, y) that lie on each other, in pixels.
        score: correlation plus overlap, at most 2.
    """

    angle: float
    fixed: np.ndarray
    moving: np.ndarray
    score: float

    @property
    def matrix(self) -> np.ndarray:
        """`[2, 3]`, fixed to moving."""
        turn = rotation(self.angle)
        return np.column_stack([turn, self.moving - turn @ self.fixed])


def rotation(degrees: float) -> np.ndarray:
    """`[2, 2]`; from x towards y, which is clockwise as pictures are drawn."""
    angle = np.deg2rad(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def starts(
    fixed: np.ndarray, fixed_mask: np.ndarray, moving: np.ndarray, moving_mask: np.ndarray, most: int = 3
) -> list[Start]:
    """The best angles, more than 8 degrees apart, with the centres of both tissues on each other; best first."""
    by = reduction(fixed.shape, moving.shape)
    small, small_mask = smaller(fixed, by), smaller(fixed_mask.astype(np.float32), by)
    other, other_mask = smaller(moving, by), smaller(moving_mask.astype(np.float32), by)
    middle, other_middle = centre(small_mask), centre(other_mask)
    tried = []
    for angle in np.arange(N_ANGLES) * 360.0 / N_ANGLES:
        turn = rotation(angle)
        shift = other_middle - turn @ middle
        score = agreement(small, small_mask, *(_moved(one, turn, shift, small.shape) for one in (other, other_mask)))
        at = [(place + 0.5) * by - 0.5 for place in (middle, other_middle)]
        tried.append(Start(float(angle), at[0], at[1], score))
    tried.sort(key=lambda one: -one.score)
    kept: list[Start] = []
    for one in tried:
        if len(kept) < most and all(abs((one.angle - other.angle + 180) % 360 - 180) > _APART for other in kept):
            kept.append(one)
    return kept


def agreement(fixed: np.ndarray, fixed_mask: np.ndarray, moved: np.ndarray, moved_mask: np.ndarray) -> float:
    """Correlation where either has tissue, plus the share of that where both have."""
    either, both = np.maximum(fixed_mask, moved_mask) > 0.5, np.minimum(fixed_mask, moved_mask) > 0.5
    if not both.any():
        return 0.0
    return correlation(fixed[either], moved[either]) + both.sum() / either.sum()


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Of Pearson; 0 where one of them is constant.

    >>> correlation(np.array([1.0, 2.0]), np.array([3.0, 5.0])), correlation(np.array([1.0, 2.0]), np.array([3.0, 3.0]))
    (1.0, 0.0)
    """
    one, other = (values.astype(np.float64) - values.mean(dtype=np.float64) for values in (first, second))
    scale = float(np.sqrt((one @ one) * (other @ other)))
    return min(float(one @ other) / scale, 1.0) if scale > 1e-12 else 0.0


def reduction(*shapes: tuple[int, ...], side: int = _SIDE) -> int:
    """By how much pictures are made smaller, so that none has more than so many pixels a side.

    >>> reduction((1239, 1160), (600, 800))
    5
    """
    return max(1, -(-max(max(shape) for shape in shapes) // side))


def smaller(values: np.ndarray, by: int) -> np.ndarray:
    """Means of squares of `by` pixels a side."""
    height, width = (length // by * by for length in values.shape)
    return values[:height, :width].reshape(height // by, by, width // by, by).mean(axis=(1, 3))


def centre(mask: np.ndarray) -> np.ndarray:
    """`[2]` (x, y) of the centre of a mask."""
    return np.array(ndimage.center_of_mass(mask))[::-1]


def _moved(values: np.ndarray, turn: np.ndarray, shift: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The moving picture as seen from the fixed grid."""
    moved: np.ndarray = ndimage.affine_transform(values, turn[::-1, ::-1], shift[::-1], shape, order=1)
    return moved
