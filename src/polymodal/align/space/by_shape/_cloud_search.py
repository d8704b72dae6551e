"""The best placement of one cloud upon another: many starts on few points, ever fewer starts on ever more points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

from polymodal.align.space._procrustes import Model
from polymodal.align.space._turns import turns
from polymodal.align.space.by_shape._annealing import annealed
from polymodal.align.space.by_shape._closest_points import Cloud, Fit, closest_points

_N_TURNS = {2: 30, 3: 60}
_CELLS = {2: 32, 3: 16}  # a side, in which points are counted to find shifts
_FEW, _SOME = 200, 600  # points of each cloud
_ROUNDS = 4, 40, 8, 60
_KEPT = 10, 4  # starts that go on
_NEARLY_ALL = 0.95
_APART = 0.1  # of the extent, from which on two placements are different ones


@dataclass(frozen=True)
class Found:
    """The best placement, the next best that is quite another one, and the best of the other side up."""

    best: Fit
    second: Fit | None
    flipped: Fit


def placed(
    moving: Cloud, fixed: Cloud, model: Model, overlap: float | None, mirrored: bool, random: np.random.Generator
) -> Found:
    """From turns all around and two shifts each: middle upon middle, and where most points would lie upon others."""
    own, flipped = (_coarse(moving, fixed, model, overlap, flip, random) for flip in (mirrored, not mirrored))
    own = _ranked(own, moving, fixed, _plain(model), overlap, _ROUNDS[2])
    ends = [_finished(fits[0], moving, fixed, model, overlap, random) for fits in (own, flipped)]
    others = [one for one in own[1:] if _differ(one, ends[0], moving, fixed)]
    return Found(ends[0], _finished(others[0], moving, fixed, model, overlap, random) if others else None, ends[1])


def _coarse(
    moving: Cloud, fixed: Cloud, model: Model, overlap: float | None, mirrored: bool, random: np.random.Generator
) -> list[Fit]:
    """Placements of few points, the best first; of one scale at most, as an affine map could settle anywhere."""
    d = moving.points.shape[1]
    plain = _plain(model)
    small, other = moving.thinned(_FEW, random), fixed.thinned(_FEW, random)
    scale = 1.0 if model == "rigid" else _size(fixed.points) / _size(moving.points)
    shifts, middle = _Shifts(scale * small.points, other.points), other.points.mean(axis=0)
    starts = []
    for turn in scale * turns(d, _N_TURNS[d], mirrored):
        landed = small.points @ turn.T
        starts += [(turn, middle - landed.mean(axis=0)), (turn, shifts.best(landed))]
    fits = [closest_points(small, other, start, plain, overlap, _ROUNDS[0]) for start in starts]
    fits = _distinct(sorted(fits, key=lambda one: one.error), moving, fixed, 0.05, _KEPT[0])
    small, other = moving.thinned(_SOME, random), fixed.thinned(_SOME, random)
    fits = _ranked(fits, small, other, plain, overlap, _ROUNDS[1])
    fits = _distinct(fits, moving, fixed, _APART, _KEPT[1])
    passed = [annealed(small, other, one, plain) for one in fits[:2]]
    fits += [closest_points(small, other, start, plain, overlap, _ROUNDS[1]) for start in passed]
    fits = sorted(fits, key=lambda one: one.error)
    return _distinct(fits, moving, fixed, _APART, _KEPT[1])


def _finished(
    fit: Fit, moving: Cloud, fixed: Cloud, model: Model, overlap: float | None, random: np.random.Generator
) -> Fit:
    found = _ranked([fit], moving, fixed, _plain(model), overlap, _ROUNDS[3])
    if model != "affine":
        return found[0]
    # Shear makes far points look like ones without a partner; by degrees, and with nearly all of them, it is seen.
    small, other = moving.thinned(_SOME, random), fixed.thinned(_SOME, random)
    start = annealed(small, other, found[0], model)
    found += [closest_points(moving, fixed, start, model, overlap, _ROUNDS[3])]
    found += _ranked(found[:1], moving, fixed, model, _NEARLY_ALL if overlap is None else overlap, _ROUNDS[3])
    return _ranked(found, moving, fixed, model, overlap, _ROUNDS[3])[0]


def _ranked(
    fits: list[Fit], moving: Cloud, fixed: Cloud, model: Model, overlap: float | None, rounds: int
) -> list[Fit]:
    starts = [(one.linear, one.offset) for one in fits]
    found = [closest_points(moving, fixed, start, model, overlap, rounds) for start in starts]
    return sorted(found, key=lambda one: one.error)


def _plain(model: Model) -> Model:
    return "similarity" if model == "affine" else model


class _Shifts:
    """By how much turned points are shifted so that most come to lie where others are: counts in cells, correlated."""

    def __init__(self, moving: np.ndarray, fixed: np.ndarray) -> None:
        """Takes moving points of the scale of the fixed ones, not turned yet."""
        d = fixed.shape[1]
        across = 2 * np.linalg.norm(moving - moving.mean(axis=0), axis=1).max()  # however it is turned
        self.cell = max(float(across), float(np.ptp(fixed, axis=0).max())) / _CELLS[d]
        self.n = fft.next_fast_len(2 * _CELLS[d] + 2, real=True)
        self.fixed, self.start = self._counted(fixed), fixed.min(axis=0)

    def best(self, moving: np.ndarray) -> np.ndarray:
        """`[d]`."""
        d = moving.shape[1]
        alike = fft.irfftn(self.fixed * np.conj(self._counted(moving)), s=(self.n,) * d)
        peak = np.array(np.unravel_index(np.argmax(alike), alike.shape))
        steps = np.where(peak >= self.n // 2, peak - self.n, peak)
        shift: np.ndarray = self.start - moving.min(axis=0) + steps * self.cell
        return shift

    def _counted(self, points: np.ndarray) -> np.ndarray:
        places = ((points - points.min(axis=0)) / self.cell).astype(int)
        grid = np.zeros((self.n,) * points.shape[1], dtype=np.float32)
        grid[tuple(places.T)] = 1.0  # not counts: how dense points are says less than where they are
        counted: np.ndarray = fft.rfftn(grid)
        return counted


def _distinct(fits: list[Fit], moving: Cloud, fixed: Cloud, apart: float, most: int) -> list[Fit]:
    kept: list[Fit] = []
    for one in fits:
        if len(kept) < most and all(_differ(one, other, moving, fixed, apart) for other in kept):
            kept.append(one)
    return kept


def _differ(one: Fit, other: Fit, moving: Cloud, fixed: Cloud, apart: float = _APART) -> bool:
    """Whether points land elsewhere, on average by so much of the extent."""
    few = moving.points[:: max(1, len(moving.points) // _FEW)]
    far = np.linalg.norm(one.moved(few) - other.moved(few), axis=1).mean()
    return bool(far > apart * np.linalg.norm(np.ptp(fixed.points, axis=0)))


def _size(points: np.ndarray) -> float:
    return float(np.sqrt(points.var(axis=0).sum()))
