"""The best placement of one cloud upon another: many starts on few points, ever fewer starts on ever more points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polymodal.align.space._closest_points import Cloud, Fit, closest_points
from polymodal.align.space._procrustes import Model
from polymodal.align.space._turns import turns

_N_TURNS = {2: 36, 3: 60}
_CELLS = {2: 32, 3: 20}  # a side, in which points are counted to find shifts
_FEW, _SOME = 250, 800  # points of each cloud
_ROUNDS = 4, 40, 8, 60
_KEPT = 16, 4  # starts that go on
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
    ends = [_finished(fits[0], moving, fixed, model, overlap) for fits in (own, flipped)]
    others = [one for one in own[1:] if _differ(one, ends[0], moving, fixed)]
    return Found(ends[0], _finished(others[0], moving, fixed, model, overlap) if others else None, ends[1])


def _coarse(
    moving: Cloud, fixed: Cloud, model: Model, overlap: float | None, mirrored: bool, random: np.random.Generator
) -> list[Fit]:
    """Placements of few points, the best first; of one scale at most, as an affine map could settle anywhere."""
    d = moving.points.shape[1]
    plain = _plain(model)
    small, other = moving.thinned(_FEW, random), fixed.thinned(_FEW, random)
    scale = 1.0 if model == "rigid" else _size(fixed.points) / _size(moving.points)
    starts = [start for turn in turns(d, _N_TURNS[d], mirrored) for start in _starts(small, other, scale * turn)]
    fits = [closest_points(small, other, start, plain, overlap, _ROUNDS[0]) for start in starts]
    fits = _distinct(sorted(fits, key=lambda one: one.error), moving, fixed, 0.02, _KEPT[0])
    small, other = moving.thinned(_SOME, random), fixed.thinned(_SOME, random)
    fits = _ranked(fits, small, other, plain, overlap, _ROUNDS[1])
    return _distinct(fits, moving, fixed, _APART, _KEPT[1])


def _finished(fit: Fit, moving: Cloud, fixed: Cloud, model: Model, overlap: float | None) -> Fit:
    found = _ranked([fit], moving, fixed, _plain(model), overlap, _ROUNDS[3])
    if model != "affine":
        return found[0]
    # Shear makes the far points look like ones without a partner; once with nearly all of them, it is seen.
    found += _ranked(found, moving, fixed, model, _NEARLY_ALL if overlap is None else overlap, _ROUNDS[3])
    return _ranked(found, moving, fixed, model, overlap, _ROUNDS[3])[0]


def _ranked(
    fits: list[Fit], moving: Cloud, fixed: Cloud, model: Model, overlap: float | None, rounds: int
) -> list[Fit]:
    starts = [(one.linear, one.offset) for one in fits]
    found = [closest_points(moving, fixed, start, model, overlap, rounds) for start in starts]
    return sorted(found, key=lambda one: one.error)


def _plain(model: Model) -> Model:
    return "similarity" if model == "affine" else model


def _starts(moving: Cloud, fixed: Cloud, linear: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    landed = moving.points @ linear.T
    middle = fixed.points.mean(axis=0) - landed.mean(axis=0)
    return [(linear, middle), (linear, _shift(landed, fixed.points))]


def _shift(moving: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """`[d]` by which most points come to lie where others are: the peak of the correlation of counts in cells."""
    d = moving.shape[1]
    cell = max(np.ptp(moving, axis=0).max(), np.ptp(fixed, axis=0).max()) / _CELLS[d]
    n = 2 * _CELLS[d] + 2
    counted = []
    for points in (moving, fixed):
        places = ((points - points.min(axis=0)) / cell).astype(int)
        grid = np.zeros((n,) * d)
        grid[tuple(places.T)] = 1.0  # not counts: where points are dense says less than where they are
        counted.append(np.fft.rfftn(grid))
    alike = np.fft.irfftn(counted[1] * np.conj(counted[0]), s=(n,) * d, axes=tuple(range(d)))
    peak = np.array(np.unravel_index(np.argmax(alike), alike.shape))
    steps = np.where(peak >= n // 2, peak - n, peak)
    shift: np.ndarray = fixed.min(axis=0) - moving.min(axis=0) + steps * cell
    return shift


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
