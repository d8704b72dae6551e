"""Landmarks: the map that takes points to those they belong to."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from polymodal.align._numbers import is_positive, is_real, is_whole
from polymodal.align._wording import count
from polymodal.align.space._facing import facing
from polymodal.align.space._lengths import Lengths, lengths_of
from polymodal.align.space._points import listed
from polymodal.align.space.by_landmarks import _consensus as consensus
from polymodal.align.space.by_landmarks import _fits as fits
from polymodal.align.space.by_landmarks._enough import least_of, need_enough, need_spread, outside, repeated
from polymodal.align.space.by_landmarks._named import Landmarks, paired
from polymodal.align.space.frames import Frame
from polymodal.align.space.registration import Pairs, Registration
from polymodal.align.space.transform import Transform
from polymodal.align.space.transforms.affine import Affine
from polymodal.align.space.transforms.thin_plate_spline import ThinPlateSpline
from polymodal.align.space.verdict import RULES, Spread, Verdict
from polymodal.errors import DataError, SettingError, near_miss

Model = Literal["rigid", "similarity", "affine", "thin_plate_spline"]
_NEARLY_FLAT = 0.05
_FAR_BETTER = 0.25  # errors in parts of the others
_ODD = 5.0  # times the usual error, from which a landmark stands out
_SMOOTHINGS = (0.0, *(10.0**power for power in np.arange(-6, 2.1, 0.5)))


def landmarks(
    moving: Any,
    fixed: Any,
    model: Model = "similarity",
    *,
    robust: bool = False,
    tolerance: float | None = None,
    smoothing: float | Literal["auto"] = 0.0,
    mirrored: bool = False,
    by: str | None = None,
    moving_frame: Frame | None = None,
    fixed_frame: Frame | None = None,
    seed: int = 0,
) -> Registration:
    """The map from `moving` to `fixed` points, of which those in one row belong together.

    Both are `[n, d]` arrays of (x, y) or (x, y, z), or tables with such columns; with `by`, tables whose rows belong
    together where that column agrees. "rigid" turns and shifts, and keeps lengths between frames of other units;
    "similarity" scales as well (Umeyama 1991), "affine" also shears, by least squares; "thin_plate_spline" goes through
    every landmark with the least bending (Bookstein 1989), or near them with `smoothing` above 0, "auto" for the one
    that misses points left out the least.

    `robust` leaves out pairs that do not agree with the others, up to half of them: more than 3 standard deviations
    off, or `tolerance` in units of the fixed frame. `mirrored` fits a mirror image, such as a section that lies face
    down, where the model is rigid or similarity; the verdict says where this fits far better.

    Raises DataError for points that are absent, too few for the model, on a line or one upon another, SettingError for
    settings without a meaning.

    >>> square = np.array([[0.0, 0], [100, 0], [100, 80], [0, 80]])
    >>> found = landmarks(square, square[:, ::-1] * [-2, 2] + [200, 7])
    >>> found.transform
    Affine from 'moving' to 'fixed': turned by 90 degrees, scaled by 2
    >>> found.verdict.level, found.transform.points([[50, 40]]).round(6).tolist()
    ('good', [[120.0, 107.0]])
    """
    started = time.perf_counter()
    _check_settings(model, robust, tolerance, smoothing, mirrored, seed)
    given = paired(moving, fixed, by, moving_frame, fixed_frame)
    remarks, doubts = repeated(given, model, smoothing)
    doubts += outside(given)
    need_enough(given, model, robust)
    one, other = given.moving[given.own], given.fixed[given.own]
    lengths = lengths_of(given.moving_frame, given.fixed_frame, model)
    fit = _fit(model, mirrored, lengths)
    least = least_of(model, one.shape[1])
    used = np.ones(len(one), dtype=bool)
    if robust:
        used = _agreeing(one, other, model, fit, tolerance, seed)
        need_spread(one[used], other[used], model, "that agree with each other")
    found = _spline(one[used], other[used], smoothing, given) if model == "thin_plate_spline" else None
    found = found or _linear(fit, one[used], other[used], least, given)
    if model in ("rigid", "similarity"):
        doubts += _other_way_up(one, other, model, mirrored, lengths, robust, tolerance, seed, found.far)
    elif np.linalg.det(found.plane[:, :-1]) < 0:
        doubts.append(f"the map mirrors; {facing(found.plane[:, :-1])}")
    if not robust:
        doubts += _standing_out(found, float(np.linalg.norm(np.ptp(other, axis=0))), given)
    if used.sum() <= least:
        doubts.append(f"{count(int(used.sum()), 'landmark')} fix this model, and none is left to check it by")
    elif min(map(fits.flatness, (one[used], other[used]))) < _NEARLY_FLAT:
        doubts.append(f"the landmarks lie nearly on a {'line' if one.shape[1] == 2 else 'plane'}; away from it the map "
                      "is a guess")  # fmt: skip
    if not used.all():
        rows = np.flatnonzero(given.own)[~used]
        remarks.append(f"left out, as they do not agree with the others: {listed(rows)}")
    left_out = np.zeros(len(given.moving), dtype=bool)
    left_out[np.flatnonzero(given.own)[~used]] = True
    verdict = Verdict.of(
        given.fixed_frame.unit,
        float(np.linalg.norm(np.ptp(other[used], axis=0))),
        doubts=doubts,
        remarks=remarks,
        residual=_spread(found.far),
        leave_one_out=None if found.left_out is None else _spread(found.left_out),
        matched=float(used.mean()) if robust else None,
        folding=found.transform.folding() if model == "thin_plate_spline" else None,
    )
    pairs = Pairs(given.moving, given.fixed, np.repeat(np.arange(len(given.moving))[:, None], 2, axis=1), left_out)
    return Registration(found.transform, verdict, time.perf_counter() - started, found.method, pairs=pairs)


@dataclass(frozen=True)
class _Found:
    transform: Transform
    plane: np.ndarray
    far: np.ndarray
    left_out: np.ndarray | None
    method: str


def _linear(fit: fits.Fit, one: np.ndarray, other: np.ndarray, least: int, given: Landmarks) -> _Found:
    matrix = fit(one, other)
    left_out = fits.left_out_errors(fit, one, other) if len(one) > least else None
    transform = Affine(matrix, given.moving_frame, given.fixed_frame)
    return _Found(transform, matrix, fits.errors(matrix, one, other), left_out,
                  f"least squares over {count(len(one), 'landmark')}")  # fmt: skip


def _spline(one: np.ndarray, other: np.ndarray, smoothing: float | str, given: Landmarks) -> _Found:
    tried = _SMOOTHINGS if smoothing == "auto" else (float(smoothing),)
    solved = fits.splines(one, other, tried)
    if not solved:
        raise DataError("no spline goes through these landmarks: some lie one upon another; leave them out, or give "
                        "smoothing=0.001")  # fmt: skip
    value, best = min(solved, key=lambda pair: float((pair[1].left_out ** 2).sum()))
    transform = ThinPlateSpline(one, best.weights, best.matrix, given.moving_frame, given.fixed_frame, best.unit)
    far = np.linalg.norm(transform.forward(one)[0] - other, axis=1)
    left_out = best.left_out if len(one) > one.shape[1] + 1 else None
    return _Found(transform, best.matrix, far, left_out,
                  f"thin-plate spline over {count(len(one), 'landmark')}, smoothing {value:.3g}")  # fmt: skip


def _fit(model: str, mirrored: bool, lengths: Lengths) -> fits.Fit:
    """The least squares of a model; lengths are kept where frames are, whatever their units."""
    if model not in ("rigid", "similarity"):
        return fits.affine

    def fit(moving: np.ndarray, fixed: np.ndarray) -> np.ndarray:
        one, other = moving * lengths.moving, fixed * lengths.fixed
        matrix = fits.matched(one, other, scaled=model == "similarity", mirrored=mirrored)
        matrix[:, :-1] *= lengths.moving
        return matrix / lengths.fixed[:, None]

    return fit


def _agreeing(
    one: np.ndarray, other: np.ndarray, model: str, fit: fits.Fit, tolerance: float | None, seed: int
) -> np.ndarray:
    least = least_of(model, one.shape[1])
    if model != "thin_plate_spline":
        return consensus.agreeing(one, other, fit, least, tolerance, seed)
    plain = consensus.agreeing(one, other, fit, least, None, seed)
    return consensus.smooth(one, other, fit(one[plain], other[plain]), tolerance)


def _other_way_up(
    one: np.ndarray,
    other: np.ndarray,
    model: str,
    mirrored: bool,
    lengths: Lengths,
    robust: bool,
    tolerance: float | None,
    seed: int,
    far: np.ndarray,
) -> list[str]:
    """Whether the landmarks fit far better with left and right exchanged, in words."""
    fit = _fit(model, not mirrored, lengths)
    used = _agreeing(one, other, model, fit, tolerance, seed) if robust else np.ones(len(one), dtype=bool)
    if used.sum() <= least_of(model, one.shape[1]):
        return []
    matrix = fit(one[used], other[used])
    rest = fits.errors(matrix, one[used], other[used])
    own = np.sqrt((far**2).mean())
    better = np.sqrt((rest**2).mean()) < _FAR_BETTER * own and used.sum() >= len(far)
    if not better or own < 1e-9 * np.abs(other).max():
        return []
    if mirrored:
        return ["it fits far better without mirrored=True"]
    return [f"it fits far better mirrored: {facing(matrix[:, :-1])}; mirrored=True fits it so"]


def _standing_out(found: _Found, extent: float, given: Landmarks) -> list[str]:
    """A doubt about a landmark that the others miss by far more than each other: a single one is beyond the tenths."""
    every = found.left_out is not None and len(found.left_out) == len(found.far)
    missed = found.left_out if found.left_out is not None and every else found.far
    usual = float(np.median(missed))
    worst = int(np.argmax(missed))
    if missed[worst] <= max(_ODD * usual, RULES["leave_one_out"].doubtful * extent):
        return []
    return [f"landmark {np.flatnonzero(given.own)[worst]} may belong elsewhere: the others miss it by "
            f"{missed[worst]:.3g} {given.fixed_frame.unit}s, and half of all by less than {usual:.3g}; robust=True "
            "leaves out what does not agree"]  # fmt: skip


def _check_settings(
    model: str, robust: bool, tolerance: float | None, smoothing: float | str, mirrored: bool, seed: int
) -> None:
    faults = [] if is_whole(seed) else [f"seed={seed!r} is a whole number, 0 or more"]
    if model not in get_args(Model):
        faults.append(f"model={model!r} is unknown. {near_miss(str(model), get_args(Model))}")
    if tolerance is not None and not is_positive(tolerance):
        faults.append(f"tolerance={tolerance!r} is a distance in units of the fixed frame, more than 0")
    if tolerance is not None and not robust:
        faults.append("tolerance= has a meaning with robust=True")
    if isinstance(smoothing, str) and smoothing != "auto":
        faults.append(f"smoothing={smoothing!r} is a number, or 'auto'")
    elif not isinstance(smoothing, str) and not is_real(smoothing, 0):
        faults.append(f"smoothing={smoothing!r} is a number, 0 or more, or 'auto'")
    elif smoothing != 0 and model != "thin_plate_spline":
        faults.append("smoothing= has a meaning for model='thin_plate_spline'")
    if mirrored and model in ("affine", "thin_plate_spline"):
        faults.append(f"mirrored= has a meaning for 'rigid' and 'similarity'; {model!r} mirrors where landmarks say so")
    if faults:
        raise SettingError("landmarks:" + "".join(f"\n  - {fault}" for fault in faults))


def _spread(far: np.ndarray) -> Spread:
    return Spread(float(far.mean()), float(np.quantile(far, 0.9)), float(far.max()))
