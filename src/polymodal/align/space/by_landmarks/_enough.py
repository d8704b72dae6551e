"""Whether landmarks are enough for a model: so many, not all in one place, on a line, or one upon another."""

from __future__ import annotations

import numpy as np

from polymodal.align.space._points import listed
from polymodal.align.space.by_landmarks import _fits as fits
from polymodal.align.space.by_landmarks._named import Landmarks
from polymodal.errors import DataError

_MOST_BENT = 3000
_FLAT = 1e-9  # extent across in parts of that along, below which points are on a line


def least_of(model: str, dimensions: int) -> int:
    """How many landmarks fix a model."""
    return dimensions + (model in ("affine", "thin_plate_spline"))


def repeated(given: Landmarks, model: str, smoothing: float | str) -> tuple[list[str], list[str]]:
    """Remarks and doubts about points that lie one upon another; a spline cannot take one to two places."""
    remarks, doubts = list(given.remarks), []
    if not given.own.all():
        remarks.append(f"counted once, as they are there before: {listed(np.flatnonzero(~given.own))}")
    for here, name, elsewhere in (
        (given.moving, given.moving_frame.name, given.fixed_frame.name),
        (given.fixed, given.fixed_frame.name, given.moving_frame.name),
    ):
        rows = np.flatnonzero(given.own)
        _, first, places = np.unique(here[rows], axis=0, return_index=True, return_inverse=True)
        again = [row for row in range(len(rows)) if first[places.ravel()[row]] != row]
        if not again:
            continue
        told = "; ".join(f"{rows[first[places.ravel()[row]]]} and {rows[row]}" for row in again[:5])
        sentence = f"landmarks that are one point in {name!r} and two in {elsewhere!r}: {told}"
        if model == "thin_plate_spline" and here is given.moving and smoothing == 0:
            raise DataError(f"{sentence}; no spline takes one point to two places. Leave one of each out, or give "
                            "smoothing=0.001")  # fmt: skip
        doubts.append(sentence)
    return remarks, doubts


def need_enough(given: Landmarks, model: str, robust: bool) -> None:
    """Raises DataError for fewer landmarks than fix a model, more than a spline takes, and those that leave it open."""
    one, other = given.moving[given.own], given.fixed[given.own]
    d = one.shape[1]
    least = least_of(model, d) + (2 if robust else 0)
    if len(one) < least:
        with_robust = " with robust=True" if robust else ""
        raise DataError(f"{model!r} in {d}-D{with_robust} needs {least} different landmarks or more, and there are "
                        f"{len(one)}")  # fmt: skip
    if model == "thin_plate_spline" and len(one) > _MOST_BENT:
        raise DataError(f"a spline through {len(one):,} landmarks takes the cube of that in time; give {_MOST_BENT:,} "
                        "of them at most, evenly spread, or take model='affine'")  # fmt: skip
    need_spread(one, other, model, "")


def outside(given: Landmarks) -> list[str]:
    """Doubts about landmarks outside their pictures, which happens where units or axes are mixed up."""
    told = []
    for side, points, frame in (
        ("moving", given.moving, given.moving_frame),
        ("fixed", given.fixed, given.fixed_frame),
    ):
        if frame.size is None or frame.unit != "pixel":
            continue
        rows = np.flatnonzero(((points < -0.5) | (points > np.array(frame.size) - 0.5)).any(axis=1))
        if len(rows):
            told.append(f"{side} landmarks outside their picture of {' x '.join(map(str, frame.size))} pixels: "
                        f"{listed(rows)}")  # fmt: skip
    return told


def need_spread(one: np.ndarray, other: np.ndarray, model: str, which: str) -> None:
    """Raises DataError for points that leave the map open: all in one place, or on a line."""
    d = one.shape[1]
    on = "line" if d == 2 else "plane"
    for name, points in (("moving", one), ("fixed", other)):
        values = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
        told = " ".join(filter(None, (f"the {name} landmarks", which)))
        if values[0] <= _FLAT * (1 + np.abs(points).max()):
            raise DataError(f"{told} are all in one place")
        if model in ("affine", "thin_plate_spline") and fits.flatness(points) < _FLAT:
            raise DataError(f"{told} lie on one {on}, which leaves {model!r} open; add some beside it, or take "
                            "model='similarity'")  # fmt: skip
        if d == 3 and values[1] <= _FLAT * values[0]:
            raise DataError(f"{told} lie on one line, around which everything may turn; add some beside it")
