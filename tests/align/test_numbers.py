"""Knobs that are no numbers are told in the house's own errors, all of them at once."""

from typing import Any

import numpy as np
import pytest

from polymodal.align import clock, pair, space
from polymodal.align._numbers import is_positive, is_real, is_whole
from polymodal.errors import SettingError

POINTS = np.random.default_rng(0).normal(size=(30, 2))
SPOTS = space.Spots(np.ones((30, 3)), ["a", "b", "c"], POINTS)
FLAT = space.Frame("flat", size=(4, 4))
DEEP = space.Frame("deep", dimensions=3)
ASKED = {
    "expression": (
        lambda **given: space.expression(SPOTS, SPOTS, **given),
        ("alpha", "genes", "least_counts", "overlap", "most_spots", "seed"),
    ),
    "clouds": (
        lambda **given: space.clouds(POINTS, POINTS, "thin_plate_spline", **given),
        ("overlap", "stiffness", "most_points", "seed"),
    ),
    "landmarks": (
        lambda **given: space.landmarks(POINTS, POINTS, "thin_plate_spline", robust=True, **given),
        ("tolerance", "smoothing", "seed"),
    ),
}


@pytest.mark.parametrize("way", ASKED)
@pytest.mark.parametrize("given", ["a", [1], 1j, True, float("nan"), np.array([0.1, 0.2])], ids=range(6))
def test_every_knob_is_named(way: str, given: Any) -> None:
    ask, names = ASKED[way]
    with pytest.raises(SettingError) as caught:
        ask(**dict.fromkeys(names, given))
    assert all(f"\n  - {name}=" in str(caught.value) for name in names), caught.value


WAVE = np.sin(np.arange(400) / 9)
STREAM = clock.Stream.of(WAVE, rate=10)
ONE_KNOB = {
    "dtw band": lambda one: clock.dtw(WAVE, WAVE, band=one),
    "dtw penalty": lambda one: clock.dtw(WAVE, WAVE, penalty=one),
    "soft_dtw band": lambda one: clock.soft_dtw(WAVE, WAVE, band=one),
    "soft_dtw gamma": lambda one: clock.soft_dtw(WAVE, WAVE, gamma=one),
    "cycle steps": lambda one: clock.cycle([WAVE, WAVE], steps=one),
    "drift max_drift": lambda one: clock.drift(STREAM, STREAM, max_drift=one),
    "event_drift max_drift": lambda one: clock.event_drift([1, 2, 4], [1, 2, 4], max_drift=one),
    "resample start": lambda one: clock.resample(STREAM, 5, start=one),
    "windows end": lambda one: clock.windows(STREAM, 5, end=one),
    "by_place within": lambda one: pair.by_place({"x": [1]}, {"x": [1]}, ("x",), within=one, metric="euclidean"),
    "by_near_key threshold": lambda one: pair.by_near_key({"x": ["a"]}, {"x": ["a"]}, "x", threshold=one),
}


@pytest.mark.parametrize("way", ONE_KNOB)
@pytest.mark.parametrize("given", ["a", [1], 1j, True, float("nan"), np.array([0.1, 0.2])], ids=range(6))
def test_a_single_knob_is_named(way: str, given: Any) -> None:
    with pytest.raises(SettingError, match=f"^{way.split()[1]}="):
        ONE_KNOB[way](given)


@pytest.mark.parametrize(
    "make",
    [
        lambda: space.Affine([["a", 0, 0], [0, 1, 0]], FLAT, FLAT),
        lambda: space.Affine.of(np.eye(2), ["a", 0], FLAT, FLAT),
        lambda: space.Displacement("field", FLAT, FLAT),
        lambda: space.Displacement(np.zeros((2, 2, 2)), FLAT, FLAT, spacing="wide"),
        lambda: space.ThinPlateSpline([["a"]], [[0]], np.eye(2, 3), FLAT, FLAT),
        lambda: space.Pinhole(np.eye(3), DEEP, FLAT, distortion=["a"]),
        lambda: space.Pinhole.of("P2", DEEP, FLAT),
        lambda: space.pose("north", [0, 0, 0], DEEP, DEEP),
        lambda: space.resizing(FLAT, None),
        lambda: space.resizing(FLAT, [2, [2]]),
        lambda: space.Frame("a", dimensions=np.array([2, 2])),
        lambda: space.nearest(space.Affine(np.eye(3), FLAT, FLAT), POINTS, POINTS, within="near"),
        lambda: space.nearest(space.Affine(np.eye(3), FLAT, FLAT), POINTS, POINTS, within=1, k="two"),
        lambda: space.Affine(np.eye(3), FLAT, FLAT).picture(np.zeros((4, 4)), fill="white"),
        lambda: space.pictures(np.zeros((40, 40)), np.zeros((40, 40)), moving_resolution="fine"),
    ],
    ids=range(15),
)
def test_what_is_no_number_is_no_setting(make: Any) -> None:
    with pytest.raises(SettingError):
        make()


def test_numbers_of_every_library() -> None:
    assert is_real(np.float32(0.5)) and is_real(np.int64(3), 3) and not is_real(np.float32(0.5), 1)  # noqa: PT018
    assert is_positive(np.float32(1e-9)) and not is_positive(0) and not is_positive(np.bool_(True))  # noqa: PT018
    assert is_whole(np.int8(1), 1) and not is_whole(np.float64(1))  # noqa: PT018
