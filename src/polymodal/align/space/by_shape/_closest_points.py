"""Trimmed iterative closest points: partners are the nearest points, of which the far ones are left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from polymodal.align.space._pitch import pitch
from polymodal.align.space._procrustes import Model, procrustes
from polymodal.errors import DataError

_SHARES = np.linspace(0.3, 1.0, 36)  # shares of points with a partner that are weighed against each other
_PREFERENCE = 3.0  # power of the share (Chetverikov 2002: 1 + 2)
_SETTLED = 1e-6  # change in parts of the extent


@dataclass(frozen=True)
class Cloud:
    """Points `[n, d]` and the tree over them; `step` is their usual distance to the next."""

    points: np.ndarray
    tree: cKDTree
    step: float

    @classmethod
    def of(cls, points: np.ndarray) -> Cloud:
        """With a tree; `pitch` raises DataError where all points are one."""
        return cls(points, cKDTree(points), pitch(points))

    def thinned(self, n: int, random: np.random.Generator) -> Cloud:
        """At most `n` of them, drawn at random."""
        if len(self.points) <= n:
            return self
        return Cloud.of(self.points[np.sort(random.permutation(len(self.points))[:n])])


@dataclass(frozen=True)
class Fit:
    """A placement.

    Attributes:
        linear, offset: `[d, d]` and `[d]`.
        error: what is minimised: the mean squared distance of the points with a partner over a power of their share,
            on average over both sides; a length once its root is taken.
        share, other_share: of the moving and of the fixed points with a partner.
    """

    linear: np.ndarray
    offset: np.ndarray
    error: float
    share: float
    other_share: float

    def moved(self, points: np.ndarray) -> np.ndarray:
        """Where points `[n, d]` land."""
        landed: np.ndarray = points @ self.linear.T + self.offset
        return landed


def closest_points(
    moving: Cloud,
    fixed: Cloud,
    start: tuple[np.ndarray, np.ndarray],
    model: Model,
    overlap: float | None,
    rounds: int,
) -> Fit:
    """From a start `[d, d]`, `[d]` to where partners and placement no longer change (Besl & McKay 1992).

    Each point's partner is the nearest of the other cloud, in both directions, so that a scale cannot shrink to
    nothing. Of each side the nearest share is kept (Chetverikov 2002): `overlap` of the moving points, or the share
    that is best by distances over a power of it, and so of the fixed points.
    """
    linear, offset = start
    extent = float(np.linalg.norm(np.ptp(fixed.points, axis=0)))
    floor = (0.02 * fixed.step) ** 2
    found: Fit | None = None
    mirrored = bool(np.linalg.det(linear) < 0)
    for _ in range(rounds):
        landed = moving.points @ linear.T + offset
        far, near = fixed.tree.query(landed)
        back, nearest = cKDTree(landed).query(fixed.points)
        if overlap is None:
            (share, error), (other_share, other_error) = (_best_share(one, floor) for one in (far, back))
        else:
            share, other_share = overlap, min(1.0, overlap * len(landed) / len(fixed.points))
            error, other_error = (_trimmed(one, part) for one, part in ((far, share), (back, other_share)))
        now = Fit(linear, offset, float(np.sqrt((error + other_error) / 2)), share, other_share)
        if found is None or now.error < found.error:
            found = now
        rows, others = _nearest(far, share), _nearest(back, other_share)
        sources = np.concatenate([moving.points[rows], moving.points[nearest[others]]])
        targets = np.concatenate([fixed.points[near[rows]], fixed.points[others]])
        weights = np.concatenate([np.full(len(rows), 1 / len(rows)), np.full(len(others), 1 / len(others))])
        try:
            step = procrustes(sources, targets, model, weights, mirrored)
        except DataError:  # what is left lies on a line; the placement before was better
            break
        moved_by = np.abs(moving.points @ (step[0] - linear).T + step[1] - offset).max()
        linear, offset = step
        if moved_by <= _SETTLED * extent:
            break
    assert found is not None
    return found


def _best_share(far: np.ndarray, floor: float) -> tuple[float, float]:
    """The share of points with a partner that trades their number against their distances, and that error."""
    sums = np.cumsum(np.sort(far**2))
    counts = np.maximum((_SHARES * len(far)).round().astype(int), 1)
    errors = (sums[counts - 1] / counts + floor) / _SHARES**_PREFERENCE
    best = int(np.argmin(errors))
    return float(_SHARES[best]), float(errors[best])


def _trimmed(far: np.ndarray, share: float) -> float:
    return float((far[_nearest(far, share)] ** 2).mean())


def _nearest(far: np.ndarray, share: float) -> np.ndarray:
    n = max(round(share * len(far)), 1)
    return np.argpartition(far, n - 1)[:n] if n < len(far) else np.arange(len(far))
