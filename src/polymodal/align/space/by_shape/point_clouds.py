"""Clouds: point sets without correspondences brought onto each other by their shape."""

from __future__ import annotations

import time
from typing import Any, Literal, get_args

import numpy as np

from polymodal.align._numbers import is_positive, is_whole
from polymodal.align._wording import count
from polymodal.align.space._lengths import Lengths, lengths_of
from polymodal.align.space._points import checked
from polymodal.align.space._procrustes import Model as Linear
from polymodal.align.space._procrustes import need_spread
from polymodal.align.space.by_landmarks import _fits as fits
from polymodal.align.space.by_landmarks._named import dimensions_of
from polymodal.align.space.by_shape._closest_points import Cloud, Fit, closest_points
from polymodal.align.space.by_shape._cloud_search import placed
from polymodal.align.space.by_shape._coherent_drift import drifted
from polymodal.align.space.frames import Frame
from polymodal.align.space.registration import Pairs, Registration
from polymodal.align.space.transform import Transform
from polymodal.align.space.transforms.affine import Affine
from polymodal.align.space.transforms.thin_plate_spline import ThinPlateSpline
from polymodal.align.space.verdict import Spread, Verdict
from polymodal.errors import DataError, SettingError, near_miss

Model = Literal["rigid", "similarity", "affine", "thin_plate_spline"]
_MORE = 2  # points than dimensions, at least
_ROUNDS = 60
_STIFFNESS = 2.0
_WIDTH = 2.0  # in spreads of the fixed cloud, how far points flow together
_SMOOTHING = 1e-6
_FLIPPED = 0.8  # of the error, below which a mirror image is told to fit better
_BY_CHANCE = 0.5  # of the distance between fixed points, above which partners are no closer than any two points
_DOUBTFUL_SHAPE = 0.8  # of the fit, from which another placement is told where clouds agree in shape only
_FLOWING = 500  # points that flow
_KNOTS = 150  # of the spline that the flow becomes
_OUTLIERS = 0.1


def clouds(
    moving: Any,
    fixed: Any,
    model: Model = "rigid",
    *,
    overlap: float | None = None,
    mirrored: bool = False,
    stiffness: float = _STIFFNESS,
    moving_frame: Frame | None = None,
    fixed_frame: Frame | None = None,
    most_points: int = 5000,
    seed: int = 0,
) -> Registration:
    """The map that brings one set of points onto another, where nobody knows which belongs to which.

    Both are `[n, d]` arrays of (x, y) or (x, y, z), or tables with such columns, of any number of points each: cells,
    nuclei, surfaces, scans. Placements from all around are tried by trimmed iterative closest points (Besl & McKay
    1992; Chetverikov 2002), in both directions, and the best is refined. What has no partner is left out; the share
    that has is found, or given. Shapes that look alike from several sides are told as such by the verdict
    (`second_best`).

    Args:
        model: "rigid" turns and shifts, "similarity" scales as well, "affine" also shears, "thin_plate_spline" then
            bends by coherent point drift (Myronenko & Song 2010).
        overlap: the share of the moving points that have a partner; found by itself unless given.
        mirrored: whether one cloud is a mirror image of the other.
        stiffness: for "thin_plate_spline", how much bending costs.
        moving_frame, fixed_frame: what the points are relative to; "rigid" keeps lengths between frames of other units.
        most_points: of each cloud; more are drawn at random, by `seed`.

    Raises DataError for points that are absent, too few, at one place or on a line, SettingError for settings out of
    range.

    >>> random = np.random.default_rng(0)
    >>> cells = random.normal(size=(200, 2)) * [40, 15] + random.choice([[0, 0], [30, 40]], 200)
    >>> found = clouds(cells[:150], cells[::-1, ::-1] * [-1, 1] + [100, 5])
    >>> found.transform
    Affine from 'moving' to 'fixed': turned by 90 degrees, scaled by 1
    >>> found.transform.points([[0, 0]]).round(3).tolist()
    [[100.0, 5.0]]
    """
    started = time.perf_counter()
    _check_settings(model, overlap, mirrored, stiffness, most_points, seed)
    one, other, frames = _given(moving, fixed, moving_frame, fixed_frame)
    linear: Linear = "similarity" if model == "thin_plate_spline" else model
    lengths = lengths_of(*frames, linear)
    for side, points in (("moving", one), ("fixed", other)):
        _need_points(side, points, linear)
    random = np.random.default_rng(seed)
    here, there = (
        Cloud.of(points * unit).thinned(most_points, random)
        for points, unit in ((one, lengths.moving), (other, lengths.fixed))
    )
    found = placed(here, there, linear, overlap, mirrored, random)
    best = found.best
    transform: Transform = lengths.transform(best.linear, best.offset, *frames)
    way_back: Transform = _way_back(here, there, best, linear, overlap, lengths, frames, random)
    if model == "thin_plate_spline":
        transform, way_back = (
            _bent(here, there, transform, lengths.moving, lengths.fixed, stiffness, random),
            _bent(there, here, way_back, lengths.fixed, lengths.moving, stiffness, random),
        )
    landed = transform.points(here.points / lengths.moving)
    returned = way_back.points(landed)
    off = np.linalg.norm(transform.points(returned) - landed, axis=1)
    far, near = there.tree.query(landed * lengths.fixed)
    kept = np.sort(np.argsort(far, kind="stable")[: max(round(best.share * len(far)), 1)])
    doubts = []
    if found.flipped.error < _FLIPPED * best.error:
        doubts.append(f"it fits better {'without mirrored=True' if mirrored else 'mirrored; mirrored=True fits it so'}")
    ratio = best.error / found.second.error if found.second is not None and found.second.error > 0 else None
    is_shape_only = far[kept].mean() > _BY_CHANCE * there.step
    if is_shape_only and ratio is not None and ratio > _DOUBTFUL_SHAPE:
        doubts.append(f"the clouds agree in shape only, and quite another placement fits {ratio:.2g} as well")
    verdict = Verdict.of(
        frames[1].unit,
        float(np.linalg.norm(np.ptp(other, axis=0))),
        doubts=doubts,
        remarks=_remarks(one, other, most_points, is_shape_only),
        residual=_spread(far[kept] / lengths.fixed[0]),
        inverse_consistency=_spread(off),
        second_best=None if ratio is None else min(ratio, 1.0),
        matched=None if overlap is not None else max(best.share, best.other_share),
        folding=transform.folding() if model == "thin_plate_spline" else None,
    )
    left_out = np.ones(len(far), dtype=bool)
    left_out[kept] = False
    pairs = Pairs(
        here.points / lengths.moving,
        there.points / lengths.fixed,
        np.stack([np.arange(len(far)), near], axis=1),
        left_out,
    )
    method = f"trimmed iterative closest points, {model.replace('_', ' ')}, {best.share:.0%} of the moving points used"
    return Registration(transform, verdict, time.perf_counter() - started, method, pairs=pairs)


def _given(
    moving: Any, fixed: Any, moving_frame: Frame | None, fixed_frame: Frame | None
) -> tuple[np.ndarray, np.ndarray, tuple[Frame, Frame]]:
    dimensions = dimensions_of(moving, moving_frame)
    frames = (
        moving_frame or Frame("moving", dimensions=dimensions),
        fixed_frame or Frame("fixed", dimensions=dimensions_of(fixed, None)),
    )
    if frames[0].dimensions != frames[1].dimensions:
        raise DataError(f"clouds are of as many dimensions on both sides, not from {frames[0]} to {frames[1]}")
    one, other = (
        checked(points, dimensions, f"{side} points") for side, points in (("moving", moving), ("fixed", fixed))
    )
    return one, other, frames


def _check_settings(
    model: str, overlap: float | None, mirrored: bool, stiffness: float, most_points: int, seed: int
) -> None:
    faults = []
    if model not in get_args(Model):
        faults.append(f"model={model!r} is unknown. {near_miss(str(model), get_args(Model))}")
    if overlap is not None and not (is_positive(overlap) and overlap <= 1):
        faults.append(f"overlap={overlap!r} is a share, more than 0 and at most 1")
    if not is_positive(stiffness):
        faults.append(f"stiffness={stiffness!r} is a number, more than 0")
    elif stiffness != _STIFFNESS and model != "thin_plate_spline":
        faults.append("stiffness= has a meaning for model='thin_plate_spline'")
    for name, value, least in (("most_points", most_points, 100), ("seed", seed, 0)):
        if not is_whole(value, least):
            faults.append(f"{name}={value!r} is a whole number, {least} or more")
    if faults:
        raise SettingError("clouds:" + "".join(f"\n  - {fault}" for fault in faults))


def _need_points(side: str, points: np.ndarray, model: Linear) -> None:
    different = len(np.unique(points, axis=0))
    least = points.shape[1] + _MORE
    if different < least:
        raise DataError(f"the {side} cloud has {count(different, 'different point')}, and {least} are needed")
    try:
        need_spread(np.cov(points.T), model)
    except DataError as error:
        raise DataError(f"the {side} cloud: {error}") from error


def _way_back(
    moving: Cloud,
    fixed: Cloud,
    found: Fit,
    model: Linear,
    overlap: float | None,
    lengths: Lengths,
    frames: tuple[Frame, Frame],
    random: np.random.Generator,
) -> Affine:
    """The map back, fitted on its own with half of the fixed points: what comes of drawing others is seen."""
    inverse = np.linalg.inv(found.linear)
    half = fixed.thinned(max(len(fixed.points) // 2, fixed.points.shape[1] + _MORE), random)
    share = None if overlap is None else min(1.0, overlap * len(moving.points) / len(fixed.points))
    back = closest_points(half, moving, (inverse, -inverse @ found.offset), model, share, _ROUNDS)
    turned = Lengths(lengths.fixed, lengths.moving, lengths.comparable)
    return turned.transform(back.linear, back.offset, frames[1], frames[0])


def _bent(
    moving: Cloud,
    fixed: Cloud,
    straight: Transform,
    unit: np.ndarray,
    other_unit: np.ndarray,
    stiffness: float,
    random: np.random.Generator,
) -> ThinPlateSpline:
    """A spline through where some points flow to, once they lie on the others."""
    few, others = (cloud.thinned(_FLOWING, random).points for cloud in (moving, fixed))
    few, landed = few / unit, straight.points(few / unit) * other_unit
    middle, size = others.mean(axis=0), float(np.sqrt(others.var(axis=0).mean()))
    flown = drifted((landed - middle) / size, (others - middle) / size, _WIDTH, stiffness, _OUTLIERS)
    knots = np.linspace(0, len(few) - 1, min(len(few), _KNOTS)).round().astype(int)
    sources, targets = few[knots], (flown[knots] * size + middle) / other_unit
    found = fits.spline(sources, targets, _SMOOTHING)
    if found is None:
        raise DataError("no spline goes through where the points flow to; some lie one upon another, leave them out")
    return ThinPlateSpline(sources, found.weights, found.matrix, straight.source, straight.target, found.unit)


def _remarks(one: np.ndarray, other: np.ndarray, most: int, is_shape_only: bool) -> list[str]:
    told = [
        f"{most:,} of {count(len(points), f'{side} point')} were drawn"
        for side, points in (("moving", one), ("fixed", other))
        if len(points) > most
    ]
    if is_shape_only:
        told.append("the clouds agree in shape, not point by point: partners are as far apart as neighbours are")
    return told


def _spread(far: np.ndarray) -> Spread:
    return Spread(float(far.mean()), float(np.quantile(far, 0.9)), float(far.max()))
