import numpy as np
import pandas as pd
import pytest
from scipy.spatial.transform import Rotation

import polymodal as pm
from polymodal.errors import DataError, SettingError

space = pm.align.space


def cloud(d=2, n=100, seed=0):
    """Points of a few clumps: no side of it looks like another."""
    random = np.random.default_rng(seed)
    middles = random.normal(size=(5, d)) * 30
    return middles[random.integers(0, 5, n)] + random.normal(size=(n, d)) * np.linspace(3, 9, d)


def turn(d, degrees=140):
    if d == 3:
        return Rotation.from_rotvec(np.deg2rad(degrees) * np.array([0.6, 0, 0.8])).as_matrix()
    angle = np.deg2rad(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def shuffled(points, seed=1):
    return points[np.random.default_rng(seed).permutation(len(points))]


@pytest.mark.parametrize("d", [2, 3])
def test_a_planted_turn_and_shift_is_found(d):
    points = cloud(d)
    true = points @ turn(d).T + 7
    found = space.clouds(points, shuffled(true))
    assert np.abs(found.transform.points(points) - true).max() < 1e-6
    assert found.verdict.level == "good"
    assert found.verdict.matched == 1
    assert found.verdict.second_best < 0.5
    assert abs(found.transform.angle) == pytest.approx(140)


def test_scale_and_shear_are_found_under_noise():
    points = cloud(2)
    linear = 1.7 * turn(2) @ np.array([[1.15, 0.15], [0, 0.9]])
    true = points @ linear.T
    noisy = true + np.random.default_rng(2).normal(size=true.shape) * 0.2
    found = space.clouds(points, shuffled(noisy), "affine")
    assert np.linalg.norm(found.transform.points(points) - true, axis=1).mean() < 0.2
    assert found.transform.scale == pytest.approx(abs(np.linalg.det(linear)) ** 0.5, rel=0.01)


def test_parts_that_only_one_side_has_are_left_out():
    points = cloud(2, 150)
    order = np.argsort(points @ [1, 1])
    true = points @ turn(2).T + 7
    stray = np.random.default_rng(3).uniform(true.min(axis=0), true.max(axis=0), (15, 2))
    found = space.clouds(points[order[:120]], np.concatenate([true[order[30:]], stray]))
    assert np.abs(found.transform.points(points) - true).max() < 1e-6
    assert found.pairs.left_out.sum() == pytest.approx(30, abs=8)


def test_the_share_can_be_told():
    points = cloud(2, 150)
    order = np.argsort(points @ [1, 1])
    true = points @ turn(2).T
    found = space.clouds(points[order[:110]], true[order[40:]], overlap=70 / 110)
    assert np.abs(found.transform.points(points) - true).max() < 1e-6
    assert "64%" in found.method


def test_a_shape_that_looks_alike_from_several_sides_is_doubtful():
    square = np.array([[x, y] for x in range(9) for y in range(9)], dtype=float)
    verdict = space.clouds(square, square + 3).verdict
    assert verdict.level == "doubtful"
    assert verdict.second_best == pytest.approx(1, abs=0.05)


def test_a_mirror_image_is_told_and_can_be_asked_for():
    points = cloud()
    plain = space.clouds(points * [-1, 1], points).verdict
    assert plain.level != "good"
    assert "mirrored=True" in str(plain)
    found = space.clouds(points * [-1, 1], points, mirrored=True)
    assert found.verdict.level == "good"
    assert found.transform.linear == pytest.approx(np.diag([-1, 1]), abs=1e-9)


def test_lengths_are_kept_between_frames_of_other_units():
    points = cloud()
    frames = space.Frame("scan", "millimetre"), space.Frame("slide", resolution=2)
    found = space.clouds(points, shuffled(points * 500), moving_frame=frames[0], fixed_frame=frames[1])
    assert found.transform.points(points) == pytest.approx(points * 500)
    with pytest.raises(DataError, match="resolution"):
        space.clouds(points, points, moving_frame=frames[0])


def test_what_bends_is_followed():
    points = cloud(2, 120)
    bent = points + np.stack([3 * np.sin(points[:, 1] / 20), 2 * np.cos(points[:, 0] / 25)], axis=1)
    found = space.clouds(points, shuffled(bent), "thin_plate_spline")
    assert np.linalg.norm(found.transform.points(points) - bent, axis=1).mean() < 0.1
    assert found.verdict.folding == 0
    assert found.verdict.inverse_consistency.mean < 0.5


def test_it_is_the_same_twice_with_some_points_drawn():
    table = pd.DataFrame(cloud(2, 120), columns=["x", "y"])
    one, other = (space.clouds(table, table + 5, most_points=100, seed=3) for _ in range(2))
    assert one.transform == other.transform
    assert "100 of 120" in str(one)
    assert one.transform.offset == pytest.approx([5, 5], abs=1)


@pytest.mark.parametrize(
    ("points", "model", "told"),
    [
        ([[0, 0], [1, 1]], "rigid", "2 different points, and 4 are needed"),
        ([[0, 0]] * 9, "rigid", "1 different point"),
        ([[i, i] for i in range(9)], "affine", "on a line"),
        ([[np.nan, 0]] * 9, "rigid", "not finite"),
        ([[0, 0, 0, 0]] * 9, "rigid", "columns x, y"),
        ([[i, 2 * i, 0] for i in range(9)], "rigid", "on a line"),
    ],
)  # fmt: skip
def test_degenerate_clouds_are_refused(points, model, told):
    fixed = cloud(len(points[0]) if len(points[0]) < 4 else 2)
    with pytest.raises(DataError, match=told):
        space.clouds(points, fixed, model)


def test_settings_without_a_meaning_are_refused_together():
    with pytest.raises(SettingError, match=r"afine(.|\n)*overlap=2(.|\n)*stiffness=(.|\n)*most_points=1"):
        space.clouds(cloud(), cloud(), "afine", overlap=2, stiffness=3, most_points=1)
