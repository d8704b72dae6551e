"""Landmarks: known maps are found, noise is averaged, and what cannot be is said."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import RBFInterpolator

from polymodal.align.space import Affine, Frame, ThinPlateSpline, landmarks
from polymodal.errors import DataError, SettingError


def turned(angle: float, scale: float = 1.0, dimensions: int = 2) -> np.ndarray:
    """A rotation in the first two axes, in 3-D followed by one in the last two, and a scale."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    if dimensions == 2:
        return scale * np.array([[c, -s], [s, c]])
    return scale * np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def points(n: int, seed: int = 0, dimensions: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 1000, (n, dimensions))


def spline(dimensions: int = 2) -> ThinPlateSpline:
    """A known deformation of the first landmarks of `points`."""
    random = np.random.default_rng(5)
    centres = points(8, 0, dimensions)
    design = np.c_[centres, np.ones(8)]
    free = np.linalg.svd(design.T)[2][dimensions + 1 :]  # weights without an affine part of their own
    weights = free.T @ random.normal(size=(len(free), dimensions)) * (20 if dimensions == 2 else 60)
    frames = [Frame(name, dimensions=dimensions) for name in ("moving", "fixed")]
    matrix = np.c_[turned(10, 1.1, dimensions), np.arange(dimensions)]
    return ThinPlateSpline(centres, weights, matrix, *frames, unit=500.0)


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("robust", [False, True])
@pytest.mark.parametrize("model", ["rigid", "similarity", "affine"])
@settings(max_examples=3, deadline=None)
@given(angle=st.floats(-180, 180), seed=st.integers(0, 1000))
def test_known_maps_are_found_exactly(model: str, robust: bool, dimensions: int, angle: float, seed: int) -> None:
    linear = turned(angle, 1.0 if model == "rigid" else 1.7, dimensions)
    if model == "affine":
        linear = linear + np.random.default_rng(seed).uniform(-0.2, 0.2, linear.shape)
    moving = points(9, seed, dimensions)
    fixed = moving @ linear.T + 300
    found = landmarks(moving, fixed, model, robust=robust)
    assert isinstance(found.transform, Affine)
    np.testing.assert_allclose(found.transform.linear, linear, atol=1e-8)
    np.testing.assert_allclose(found.transform.points(moving), fixed, atol=1e-6)
    assert found.verdict.level == "good"


@pytest.mark.parametrize("dimensions", [2, 3])
def test_known_splines_are_found_exactly(dimensions: int) -> None:
    known = spline(dimensions)
    found = landmarks(known.centres, known.points(known.centres), "thin_plate_spline")
    elsewhere = points(200, 9, dimensions)
    np.testing.assert_allclose(found.transform.points(elsewhere), known.points(elsewhere), atol=1e-6)
    assert (np.linalg.det(found.transform.jacobian(elsewhere)) > 0).all()
    assert found.verdict.folding == 0


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("smoothing", [0.0, 0.01])
def test_splines_are_those_of_scipy(dimensions: int, smoothing: float) -> None:
    moving = points(25, 1, dimensions)
    fixed = moving + np.random.default_rng(2).normal(scale=30, size=moving.shape)
    found = landmarks(moving, fixed, "thin_plate_spline", smoothing=smoothing)
    unit = np.sqrt(((moving - moving.mean(axis=0)) ** 2).sum(axis=1).mean())
    kernel = "thin_plate_spline" if dimensions == 2 else "linear"
    reference = RBFInterpolator(moving / unit, fixed, kernel=kernel, degree=1, smoothing=25 * smoothing)
    np.testing.assert_allclose(found.transform.points(points(50, 3, dimensions)),
                               reference(points(50, 3, dimensions) / unit), atol=1e-6)  # fmt: skip


@pytest.mark.parametrize("smoothing", [0.0, 0.02])
def test_leaving_one_out_is_fitting_the_others(smoothing: float) -> None:
    moving = points(12, 1)
    fixed = moving + np.random.default_rng(2).normal(scale=30, size=moving.shape)
    told = landmarks(moving, fixed, "thin_plate_spline", smoothing=smoothing).verdict.leave_one_out
    rows = np.arange(12)
    unit = np.sqrt(((moving - moving.mean(axis=0)) ** 2).sum(axis=1).mean())
    missed = [
        np.linalg.norm(
            RBFInterpolator(moving[rows != row] / unit, fixed[rows != row], degree=1, smoothing=12 * smoothing)(
                moving[[row]] / unit
            )
            - fixed[row]
        )
        for row in rows
    ]
    assert told is not None
    assert told.mean == pytest.approx(np.mean(missed))
    assert told.largest == pytest.approx(np.max(missed))


@pytest.mark.parametrize("model", ["rigid", "similarity", "affine"])
def test_noise_is_averaged(model: str) -> None:
    """The error at the middle of n landmarks of noise sigma is sigma / sqrt(n) along each axis."""
    n, sigma, missed = 40, 5.0, []
    for seed in range(15):
        moving = points(n, seed)
        fixed = moving @ turned(25).T + np.random.default_rng(seed + 99).normal(scale=sigma, size=moving.shape)
        found = landmarks(moving, fixed, model)
        target = np.array([[500.0, 500.0]])
        missed.append(np.linalg.norm(found.transform.points(target) - target @ turned(25).T))
    assert np.mean(missed) <= 2 * sigma / np.sqrt(n)


def test_auto_smoothing_finds_a_bend_under_noise() -> None:
    known, sigma = spline(), 6.0
    moving = points(80, 7)
    fixed = known.points(moving) + np.random.default_rng(1).normal(scale=sigma, size=moving.shape)
    elsewhere = np.random.default_rng(3).uniform(150, 850, (300, 2))
    missed = {
        smoothing: np.linalg.norm(
            landmarks(moving, fixed, "thin_plate_spline", smoothing=smoothing).transform.points(elsewhere)
            - known.points(elsewhere), axis=1).mean()
        for smoothing in (0.0, "auto", 1e6)
    }  # fmt: skip
    assert missed["auto"] < 0.8 * missed[0.0]
    assert missed["auto"] < 0.7 * missed[1e6]
    plane = landmarks(moving, fixed, "affine").transform
    stiff = landmarks(moving, fixed, "thin_plate_spline", smoothing=1e9).transform
    np.testing.assert_allclose(stiff.points(elsewhere), plane.points(elsewhere), atol=1e-3)


@pytest.mark.parametrize("model", ["rigid", "similarity", "affine", "thin_plate_spline"])
def test_wrong_pairs_are_left_out(model: str) -> None:
    random = np.random.default_rng(1)
    moving = points(60, 1)
    fixed = moving @ turned(-70).T if model != "thin_plate_spline" else spline().points(moving)
    fixed = fixed + random.normal(scale=2, size=fixed.shape)
    wrong = random.choice(60, 15, replace=False)
    fixed[wrong] += random.choice([-1, 1], (15, 2)) * random.uniform(100, 400, (15, 2))
    plain, found = landmarks(moving, fixed, model), landmarks(moving, fixed, model, robust=True)
    assert found.pairs is not None
    assert found.pairs.left_out is not None
    assert found.pairs.left_out[wrong].all()
    assert found.pairs.left_out.sum() <= 15 + 4
    assert found.verdict.matched == pytest.approx(1 - found.pairs.left_out.mean())
    assert found.verdict.level == "good"
    assert plain.verdict.level != "good"
    assert landmarks(moving, fixed, model, robust=True).transform == found.transform


def test_a_tolerance_says_how_far_off_is_wrong() -> None:
    moving = points(30, 3)
    fixed = moving + np.random.default_rng(0).uniform(-3, 3, moving.shape)
    fixed[:5] += 20
    found = landmarks(moving, fixed, "rigid", robust=True, tolerance=10.0)
    assert found.pairs is not None
    assert np.flatnonzero(found.pairs.left_out).tolist() == [0, 1, 2, 3, 4]
    bent = landmarks(moving, fixed, "thin_plate_spline", robust=True, tolerance=12.0)
    assert bent.pairs is not None
    assert np.flatnonzero(bent.pairs.left_out).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("robust", [False, True])
def test_mirrored_sections_are_said(robust: bool) -> None:
    moving = points(20)
    fixed = moving * [-1, 1] @ turned(30).T + 7
    doubtful = landmarks(moving, fixed, robust=robust)
    assert doubtful.verdict.level != "good"
    assert any("far better mirrored: the moving points are a mirror image" in one for one in doubtful.verdict.reasons)
    found = landmarks(moving, fixed, mirrored=True, robust=robust)
    assert found.verdict.level == "good"
    np.testing.assert_allclose(found.transform.points(moving), fixed, atol=1e-6)
    assert any("without mirrored" in one for one in landmarks(moving, moving, mirrored=True).verdict.reasons)
    for model in ("affine", "thin_plate_spline"):
        assert any("the map mirrors" in one for one in landmarks(moving, fixed, model).verdict.reasons)


@pytest.mark.parametrize("model", ["similarity", "affine", "thin_plate_spline"])
def test_swapped_axes_are_said(model: str) -> None:
    moving = points(20)
    told = landmarks(moving[:, ::-1], moving * 1.1 + 5, model).verdict
    assert told.level != "good"
    assert any("y, x where x, y is asked for" in reason for reason in told.reasons)
    space = points(20, dimensions=3)
    told = landmarks(space[:, [0, 2, 1]], space, model).verdict
    assert any("give moving[:, [0, 2, 1]]" in reason for reason in told.reasons)


def test_few_and_nearly_straight_landmarks_are_doubtful() -> None:
    corners = np.array([[0.0, 0], [100, 0], [0, 80]])
    told = landmarks(corners, corners + 5, "affine").verdict
    assert told.level == "doubtful"
    assert told.leave_one_out is None
    assert "none is left to check" in told.reasons[0]
    assert landmarks(corners, corners, "thin_plate_spline").verdict.leave_one_out is None
    line = np.c_[np.linspace(0, 1000, 9), np.random.default_rng(0).normal(scale=2, size=9)]
    assert any("nearly on a line" in reason for reason in landmarks(line, line + 1, "affine").verdict.reasons)


def test_points_that_are_there_twice() -> None:
    moving = np.concatenate([points(6), points(6)[:1]])
    told = landmarks(moving, moving + 3).verdict
    assert told.level == "good"
    assert told.reasons == ("counted once, as they are there before: 6",)
    fixed = np.concatenate([moving[:6], moving[6:] + 40])
    assert any("one point in 'moving' and two in 'fixed': 0 and 6" in one
               for one in landmarks(moving, fixed).verdict.reasons)  # fmt: skip
    with pytest.raises(DataError, match="no spline takes one point to two places"):
        landmarks(moving, fixed, "thin_plate_spline")
    soft = landmarks(moving, fixed, "thin_plate_spline", smoothing=0.01)
    assert np.isfinite(soft.transform.points(moving)).all()
    landmarks(fixed, moving, "thin_plate_spline")  # two points to one place is a bend


LINE = np.c_[np.arange(6.0), 2 * np.arange(6.0)]


@pytest.mark.parametrize(
    ("moving", "fixed", "settings", "words"),
    [
        (points(5), points(6), {}, "5 moving and 6 fixed"),
        (points(1), points(1), {}, "needs 2 different"),
        (points(2), points(2), {"model": "affine"}, "needs 3 different"),
        (points(2), points(2), {"model": "thin_plate_spline"}, "needs 3 different"),
        (points(4), points(4), {"model": "affine", "robust": True}, "robust=True needs 5"),
        (points(2, dimensions=3), points(2, dimensions=3), {}, "in 3-D needs 3"),
        (np.repeat(points(1), 5, axis=0), points(5), {}, "moving landmarks are all in one place"),
        (points(5), np.repeat(points(1), 5, axis=0), {}, "fixed landmarks are all in one place"),
        (LINE, LINE, {"model": "affine"}, "on one line"),
        (LINE, LINE, {"model": "thin_plate_spline"}, "on one line"),
        (np.c_[LINE, LINE[:, 0]], np.c_[LINE, LINE[:, 0]], {}, "may turn"),
        (np.where(np.arange(10).reshape(5, 2) == 3, np.nan, points(5)), points(5), {}, "moving landmarks 1 are absent"),
        (points(5), points(5, dimensions=3), {}, r"fixed landmarks are \[n, 2\]"),
        ("points", points(5), {}, "numbers"),
        (points(0), points(0), {}, "there are 0"),
        (points(5), points(5), {"moving_frame": Frame("a"), "fixed_frame": Frame("b", dimensions=3)}, "as many"),
        (points(5), points(5), {"by": "name"}, "asks for tables"),
    ],
    ids=range(17),
)
def test_what_cannot_be_aligned_is_refused(moving: np.ndarray, fixed: np.ndarray, settings: dict, words: str) -> None:
    with pytest.raises(DataError, match=words):
        landmarks(moving, fixed, **settings)


def test_settings_without_a_meaning_are_refused_together() -> None:
    with pytest.raises(SettingError) as caught:
        landmarks(points(5), points(5), "afine", tolerance=-1, smoothing=-2)  # type: ignore[arg-type]
    assert all(part in str(caught.value) for part in ("'affine'", "tolerance=-1", "robust=True", "smoothing="))
    for fault in ({"mirrored": True, "model": "affine"}, {"smoothing": 1.0}, {"smoothing": "some"}):
        with pytest.raises(SettingError):
            landmarks(points(5), points(5), **fault)


def test_landmarks_outside_their_picture_are_said() -> None:
    frame = Frame("slide", size=(900, 1100))
    moving = np.array([[10.0, 20], [1000, 30], [5, 1050], [30, 900]])
    told = landmarks(moving, moving, moving_frame=frame).verdict
    assert told.reasons == ("moving landmarks outside their picture of 900 x 1100 pixels: 1",)
    assert told.level == "doubtful"


def test_many_landmarks() -> None:
    moving = points(4000)
    assert landmarks(moving, moving + 2, "affine", robust=True).verdict.level == "good"
    with pytest.raises(DataError, match="cube"):
        landmarks(moving, moving + 2, "thin_plate_spline")


def test_a_line_is_enough_for_a_similarity() -> None:
    found = landmarks(LINE, LINE @ turned(40, 3).T)
    np.testing.assert_allclose(found.transform.points(LINE), LINE @ turned(40, 3).T, atol=1e-9)


def test_tables_are_joined_by_name() -> None:
    moving = pd.DataFrame({"name": ["a", "b", "c", "only here"], "x": [0, 10, 0, 5], "y": [0.0, 0, 20, 5]})
    fixed = pd.DataFrame({"name": ["c", "b", "a"], "y": [21.0, 1, 1], "x": [3, 13, 3]})
    found = landmarks(moving, fixed, "rigid", by="name")
    np.testing.assert_allclose(found.transform.points([[0, 0]]), [[3, 1]])
    assert found.verdict.reasons == ("without a partner: only here",)
    with pytest.raises(DataError, match="twice: a"):
        landmarks(moving.replace("b", "a"), fixed, by="name")
    with pytest.raises(DataError, match="Did you mean 'name'"):
        landmarks(moving, fixed, by="Name")
    with pytest.raises(DataError, match="is among"):
        landmarks(moving, fixed.assign(name=["x", "y", "z"]), by="name")


def test_frames_units_and_the_figure() -> None:
    section, next_section = Frame("C2", "micrometre"), Frame("C3", "micrometre")
    moving = points(12)
    found = landmarks(moving, moving + 5, moving_frame=section, fixed_frame=next_section)
    assert (found.transform.source, found.transform.target) == (section, next_section)
    assert "in micrometres" in str(found)
    assert "good" in repr(found)
    moving.setflags(write=False)
    assert len(landmarks(moving, moving + 1, robust=True).plot().axes) == 3


def test_a_rigid_map_keeps_lengths_between_frames_of_other_units() -> None:
    points = np.random.default_rng(0).uniform(0, 100, (9, 2))
    moving = Frame("moving", resolution=0.5)
    for frame, factor in ((Frame("fixed", resolution=0.25), 2), (Frame("fixed", "millimetre"), 0.0005)):
        turned = points[:, ::-1] * [-factor, factor] + 3
        found = landmarks(points, turned, "rigid", robust=True, moving_frame=moving, fixed_frame=frame)
        np.testing.assert_allclose(found.transform.points(points), turned)
        assert found.verdict.level == "good"
    with pytest.raises(DataError, match="resolution of frame 'fixed'"):
        landmarks(points, points, "rigid", moving_frame=moving)


@pytest.mark.parametrize("model", ["similarity", "affine", "thin_plate_spline"])
def test_one_wrong_pair_among_many_is_named(model: str) -> None:
    moving = points(20)
    fixed = moving @ turned(30).T + np.random.default_rng(1).normal(0, 1, (20, 2))
    assert landmarks(moving, fixed, model).verdict.level == "good"
    fixed[7] += 150
    found = landmarks(moving, fixed, model)
    assert found.verdict.level == "doubtful"
    assert any("landmark 7 may belong elsewhere" in reason for reason in found.verdict.reasons), found.verdict
    assert landmarks(moving, fixed, model, robust=True).verdict.level == "good"
