"""The search for the map between two pictures: all angles, the best refined, then what an affine map leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from polymodal.align.space.by_pictures._angles import Start, agreement, correlation, reduction, smaller, starts
from polymodal.align.space.by_pictures._balancing import balanced
from polymodal.align.space.by_pictures._deforming import Way, deformation
from polymodal.align.space.by_pictures._refining import View, affine, similarity
from polymodal.align.space.by_pictures._shifts import placed

N_STEPS = 4  # that are told to `tell`
_FAR_BETTER = 0.1  # correlation plus overlap
_WORSE = 0.05  # of the same: a search that loses more has gone astray
_SHARED = 0.4  # of the tissue of one picture, that lies within the other
_ELSEWHERE = 0.1  # of the diagonal, from which on two placements are not the same


@dataclass(frozen=True)
class Fit:
    """A map of places of the fixed picture to places of the moving one, both in pixels as they were searched.

    Attributes:
        matrix: `[2, 3]`.
        offsets: `[h, w, 2]` on the fixed picture, added to a place before the matrix is applied; None for none.
        score: correlation plus overlap of the best placement, before it was refined beyond a similarity.
        second: the same of the best one that is quite another; None where all searches ended in one place.
        mirrored: the same of the moving picture turned over.
        is_mirrored: whether the moving picture is turned over by the map.
        is_lost: whether the pictures parted, so that the map is only the best start.
    """

    matrix: np.ndarray
    offsets: np.ndarray | None
    score: float
    second: float | None
    mirrored: float
    is_mirrored: bool
    is_lost: bool

    @property
    def is_far_better_mirrored(self) -> bool:
        """Whether the section seems to have been turned over, and the map does not."""
        return not self.is_mirrored and self.mirrored > self.score + _FAR_BETTER

    def places(self, points: np.ndarray) -> np.ndarray:
        """Where points `[n, 2]` of the fixed picture lie in the moving one."""
        if self.offsets is not None:
            at = points[:, ::-1].T
            shifts = [ndimage.map_coordinates(self.offsets[..., k], at, order=1, mode="nearest") for k in (0, 1)]
            points = points + np.stack(shifts, axis=1)
        moved: np.ndarray = points @ self.matrix[:, :2].T + self.matrix[:, 2]
        return moved

    def moved(self, values: np.ndarray, shape: tuple[int, ...], fill: float = 0.0) -> np.ndarray:
        """A picture `[h, w]` or `[h, w, c]` of the moving grid on the fixed one."""
        at = self.places(grid(shape))[:, ::-1].T
        bands = values[..., None] if values.ndim == 2 else values
        found = [
            ndimage.map_coordinates(bands[..., k].astype(np.float32), at, order=1, cval=fill).reshape(shape)
            for k in range(bands.shape[2])
        ]
        return found[0] if values.ndim == 2 else np.stack(found, axis=-1)


@dataclass(frozen=True)
class _Placed:
    matrix: np.ndarray
    information: float
    score: float


def fit(
    fixed: View, moving: View, deformable: Way | None, may_mirror: bool, sees_mirror: bool, tell: Callable[[str], None]
) -> Fit:
    """The whole search.

    Args:
        deformable: what follows the affine map.
        may_mirror: whether the moving picture may be turned over.
        sees_mirror: whether that is tried at all.
        tell: called with the name of each step.
    """
    tell("angles")
    flipped = _flipped(moving)
    plain, turned = (_starts(fixed, one) for one in (moving, flipped))
    tell("shift, rotation and scale")
    upright = [_placed(fixed, moving, start) for start in plain]
    over: list[_Placed] = []
    if sees_mirror and (may_mirror or turned[0].score > plain[0].score - _FAR_BETTER):
        over = [_placed(fixed, flipped, start) for start in (turned if may_mirror else turned[:1])]
    mirrored = max((one.score for one in over), default=turned[0].score)
    is_mirrored = may_mirror and mirrored > max(one.score for one in upright)
    if is_mirrored:
        moving = flipped
    chosen = over if is_mirrored else upright
    best = min(chosen, key=lambda one: one.information)
    is_lost = not np.isfinite(best.information)
    tell("affine map")
    matrix = best.matrix if is_lost else _affine(fixed, moving, best)
    tell("deformation")
    offsets = None if deformable is None or is_lost else deformation(fixed, moving, matrix, deformable)
    others = [one.score for one in chosen if _apart(one.matrix, best.matrix, fixed.mask)]
    if is_mirrored:
        matrix = np.diag([-1.0, 1.0]) @ matrix + [[0, 0, moving.mask.shape[1] - 1], [0, 0, 0]]
    return Fit(matrix, offsets, best.score, max(others, default=None), mirrored, is_mirrored, is_lost)


def grid(shape: tuple[int, ...], step: int = 1) -> np.ndarray:
    """`[n, 2]` places (x, y) of every so many pixels."""
    rows, columns = np.mgrid[: shape[0] : step, : shape[1] : step]
    return np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float64)


def overlap(fixed: np.ndarray, moved: np.ndarray) -> float:
    """Of two masks (Dice 1945)."""
    total = fixed.sum() + moved.sum()
    return float(2 * (fixed & moved).sum() / total) if total else 0.0


def likeness(fixed: np.ndarray, moved: np.ndarray, where: np.ndarray) -> float:
    """Correlation of two channels inside a mask; 0 where there is nothing."""
    return correlation(fixed[where], moved[where]) if where.any() else 0.0


def _starts(fixed: View, moving: View) -> list[Start]:
    """Centres on each other; before them, where one picture shows a part of the other, the part on its place."""
    whole = starts(fixed.channel, fixed.mask, moving.channel, moving.mask)
    part = placed(fixed.channel, fixed.mask, moving.channel, moving.mask)
    if part is None:
        return whole
    score = _score(fixed, moving, part.matrix)
    if score < _score(fixed, moving, whole[0].matrix) + _FAR_BETTER:
        return whole
    return [replace(part, score=score), *whole]


def _placed(fixed: View, moving: View, start: Start) -> _Placed:
    """A start refined; as it was, where the search led away from it."""
    found = similarity(fixed, moving, start)
    before = _score(fixed, moving, start.matrix)
    if not np.isfinite(found.information):
        return _Placed(start.matrix, found.information, before)
    after = _score(fixed, moving, found.matrix)
    matrix, score = (start.matrix, before) if after < before - _WORSE else (found.matrix, after)
    return _Placed(matrix, found.information, score)


def _affine(fixed: View, moving: View, best: _Placed) -> np.ndarray:
    """The affine map from the best placement, for all of the tissue; each step as long as it does not lead astray."""
    found = affine(fixed, moving, best.matrix)
    matrix, score = best.matrix, best.score
    if np.isfinite(found.information):
        after = _score(fixed, moving, found.matrix)
        if after >= score - _WORSE:
            matrix, score = found.matrix, after
    even = balanced(fixed, moving, matrix)
    return even if _score(fixed, moving, even) >= score - _WORSE else matrix


def _score(fixed: View, moving: View, matrix: np.ndarray) -> float:
    """Correlation plus overlap where both pictures are, on small copies; 0 where they hardly share any tissue."""
    by = reduction(fixed.mask.shape, moving.mask.shape)
    one, other = (
        View(smaller(view.channel, by), smaller(view.mask.astype(np.float32), by)) for view in (fixed, moving)
    )
    corner = (by - 1) / 2  # where the first pixel of a copy lies
    offset = (matrix[:, :2] @ [corner, corner] + matrix[:, 2] - corner) / by
    as_fit = Fit(np.column_stack([matrix[:, :2], offset]), None, 0.0, None, 0.0, False, False)
    shape = one.mask.shape
    channel, mask, seen = (
        as_fit.moved(values, shape) for values in (other.channel, other.mask, np.ones_like(other.mask))
    )
    visible = one.mask * (seen > 0.5)
    shown = visible.sum() / one.mask.sum(), mask.sum() / covered(matrix, other.mask)
    return agreement(one.channel, visible, channel, mask) if max(shown) >= _SHARED else 0.0


def covered(matrix: np.ndarray, mask: np.ndarray) -> float:
    """Pixels that the moving tissue would cover on an endless fixed grid."""
    return max(float(mask.sum()) / abs(float(np.linalg.det(matrix[:, :2]))), 1.0)


def _flipped(view: View) -> View:
    return View(np.ascontiguousarray(view.channel[:, ::-1]), np.ascontiguousarray(view.mask[:, ::-1]))


def _apart(first: np.ndarray, second: np.ndarray, mask: np.ndarray) -> bool:
    points = np.argwhere(mask)[:: max(1, int(mask.sum()) // 500), ::-1]
    far = np.linalg.norm((points @ first[:, :2].T + first[:, 2]) - (points @ second[:, :2].T + second[:, 2]), axis=1)
    return bool(far.mean() > _ELSEWHERE * np.linalg.norm(np.ptp(points, axis=0)))
