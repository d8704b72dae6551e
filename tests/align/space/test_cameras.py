"""Cameras: points in space to pixels and back, against formulas written out."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polymodal.align.space import Affine, Frame, Pinhole, Transform, attach, pose, read_kitti
from polymodal.errors import DataError, SettingError

LIDAR = Frame("lidar", "metre", dimensions=3)
PHOTO = Frame("photo", size=(200, 100))
K = np.array([[120.0, 0, 99.5], [0, 118, 49.5], [0, 0, 1]])
LENSES = {
    "none": ((), False),
    "brown": ((-0.3, 0.1, 0.001, -0.002), False),
    "brown 5": ((-0.25, 0.12, 0.001, 0.002, -0.03), False),
    "rational": ((0.2, 0.05, 0.001, 0.001, 0.01, 0.3, 0.1, 0.01), False),
    "fisheye": ((0.05, -0.01, 0.002, -0.001), True),
}


def by_the_book(point: np.ndarray, coefficients: tuple[float, ...], fisheye: bool) -> tuple[float, float]:
    """The pixel of a point in front of the camera, as the papers write it."""
    x, y = point[0] / point[2], point[1] / point[2]
    r = np.hypot(x, y)
    if fisheye:
        k1, k2, k3, k4 = coefficients
        angle = np.arctan(r)
        shown = angle * (1 + k1 * angle**2 + k2 * angle**4 + k3 * angle**6 + k4 * angle**8)
        x, y = (x * shown / r, y * shown / r) if r else (x, y)
    elif coefficients:
        k1, k2, p1, p2, k3, k4, k5, k6 = (*coefficients, *(0.0,) * (8 - len(coefficients)))
        radial = (1 + k1 * r**2 + k2 * r**4 + k3 * r**6) / (1 + k4 * r**2 + k5 * r**4 + k6 * r**6)
        x, y = (
            x * radial + 2 * p1 * x * y + p2 * (r**2 + 2 * x**2),
            y * radial + p1 * (r**2 + 2 * y**2) + 2 * p2 * x * y,
        )
    return K[0, 0] * x + K[0, 2], K[1, 1] * y + K[1, 2]


def camera(lens: str = "none", **more: object) -> Pinhole:
    coefficients, fisheye = LENSES[lens]
    return Pinhole(K, LIDAR, PHOTO, distortion=coefficients, fisheye=fisheye, **more)


def ahead(seed: int, n: int = 40) -> np.ndarray:
    random = np.random.default_rng(seed)
    depth = random.uniform(1, 50, n)
    return np.c_[random.uniform(-0.7, 0.7, (n, 2)) * depth[:, None], depth]


@pytest.mark.parametrize("lens", LENSES)
def test_points_land_where_the_papers_say(lens: str) -> None:
    points = np.concatenate([ahead(0), [[0, 0, 3.0]]])
    expected = [by_the_book(point, *LENSES[lens]) for point in points]
    np.testing.assert_allclose(camera(lens).points(points), expected, atol=1e-9)


@pytest.mark.parametrize("lens", LENSES)
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 1000))
def test_pixels_and_depth_lead_back(lens: str, seed: int) -> None:
    turn = pose([0.5, -0.5, 0.5, -0.5], [0.1, -0.3, 0.2], LIDAR, LIDAR)
    seen = camera(lens, pose=turn.matrix)
    points = turn.inverse().points(ahead(seed))
    found = seen.project(points)
    assert (found.depth > 0).all()
    np.testing.assert_allclose(seen.back(found.pixels, found.depth), points, atol=1e-6)


@pytest.mark.parametrize("lens", LENSES)
def test_the_jacobian_is_the_slope(lens: str) -> None:
    turned = camera(lens, pose=pose([0.9, 0.1, -0.3, 0.3], [0.1, 0.2, 0.3], LIDAR, LIDAR).matrix)
    points = np.array([[0.3, -0.2, 2.0], [-1.0, 0.7, 5.0], [0.1, 0.1, 9.0]])
    steps = [(turned.points(points + 1e-6 * axis) - turned.points(points - 1e-6 * axis)) / 2e-6 for axis in np.eye(3)]
    np.testing.assert_allclose(turned.jacobian(points), np.stack(steps, axis=2), rtol=1e-5, atol=1e-5)


def test_what_is_behind_or_outside_is_not_seen() -> None:
    points = [[0, 0, 2.0], [0, 0, -2.0], [5, 0, 2.0], [0, 0, 0]]
    found = camera().project(points)
    assert found.seen.tolist() == [True, False, False, False]
    assert found.depth.tolist() == [2, -2, 2, 0]
    assert repr(found) == "1 of 4 points are seen"
    with pytest.raises(DataError, match=r"2 of 4 points are behind the camera.*rows 1, 3"):
        camera().points(points)


def test_lenses_show_no_ghosts() -> None:
    """Far off the axis the polynomial turns back, and would put what is beside the camera into the picture."""
    lens = Pinhole(K, LIDAR, PHOTO, distortion=(-0.3, 0, 0, 0))
    ghost = np.array([[1.8, 0.0, 1.0]])
    assert 0 <= by_the_book(ghost[0], (-0.3, 0, 0, 0), False)[0] < 200
    assert not lens.project(ghost).seen[0]
    assert lens.lens.reach == pytest.approx(np.sqrt(1 / 0.9))  # where r - 0.3 r^3 is largest
    with pytest.raises(DataError, match="shows nothing"):
        lens.back([[9000, 50]], [1.0])
    assert camera("brown").lens.reach == np.inf


def test_nothing_leads_back_without_depth() -> None:
    for way in (camera(), Affine(np.eye(4), Frame("car", "metre", dimensions=3), LIDAR).then(camera())):
        with pytest.raises(DataError, match="without depth"):
            way.inverse()
    with pytest.raises(DataError, match="2 dimensions"):
        camera().picture(np.zeros((4, 4, 4)))
    for depth in ([0.0], [1.0, 2.0], [np.nan]):
        with pytest.raises(DataError, match="depth is"):
            camera().back([[3, 4]], depth)


def test_poses_before_a_camera_become_part_of_it() -> None:
    """As in nuScenes: lidar to vehicle to world, and back to the vehicle as it was when the shutter opened."""
    names = ("lidar", "vehicle then", "world", "vehicle now", "camera")
    frames = [Frame(name, "metre", dimensions=3) for name in names]
    random = np.random.default_rng(0)
    steps = []
    for one, other in pairwise(frames):
        quaternion = random.normal(size=4) * [1, 0.1, 0.1, 0.1] + [1, 0, 0, 0]
        steps.append(pose(quaternion / np.linalg.norm(quaternion), random.normal(size=3), one, other))
    way = steps[0].then(steps[1]).then(steps[2]).then(steps[3]).then(Pinhole(K, frames[4], PHOTO))
    assert isinstance(way, Pinhole)
    assert way.source == frames[0]
    points = ahead(3)
    there = points
    for step in steps:
        there = there @ step.linear.T + step.offset
    front = there[:, 2] > 0
    np.testing.assert_allclose(way.project(points).pixels[front],
                               [by_the_book(point, (), False) for point in there[front]], atol=1e-6)  # fmt: skip
    assert Transform.from_json(way.to_json()) == way


def test_quaternions_and_matrices() -> None:
    turn = pose([np.sqrt(0.5), 0, 0, np.sqrt(0.5)], [1, 2, 3], LIDAR, PHOTO3)
    np.testing.assert_allclose(turn.points([[1, 0, 0]]), [[1, 3, 3]])
    assert pose([0, 0, np.sqrt(0.5), np.sqrt(0.5)], [1, 2, 3], LIDAR, PHOTO3, order="xyzw") == turn
    np.testing.assert_allclose(pose(turn.linear, [1, 2, 3], LIDAR, PHOTO3).matrix, turn.matrix)
    for rotation in ([1, 1, 0, 0], [[1, 0, 0], [0, 1, 0], [0, 0, -1]], np.eye(3) * 2, [1, 0, 0]):
        with pytest.raises(SettingError):
            pose(rotation, [0, 0, 0], LIDAR, PHOTO3)
    with pytest.raises(SettingError, match="order"):
        pose([1, 0, 0, 0], [0, 0, 0], LIDAR, PHOTO3, order="zyx")  # type: ignore[arg-type]


PHOTO3 = Frame("camera", "metre", dimensions=3)
KITTI = {
    "P2": [700.0, 0, 600, 45, 0, 700, 170, -0.3, 0, 0, 1, 0.005],
    "R0_rect": [1.0, 0, 0, 0, 1, 0, 0, 0, 1],
    "Tr_velo_to_cam": [0.0, -1, 0, 0.01, 0, 0, -1, -0.07, 1, 0, 0, -0.27],
}


def written(path: Path, lines: dict) -> Path:
    path.write_text("".join(f"{name}: {' '.join(map(str, values))}\n" for name, values in lines.items()) + "\n")
    return path


def test_kitti_calibrations(tmp_path: Path) -> None:
    found = read_kitti(written(tmp_path / "calib.txt", KITTI), target=Frame("image_2", size=(1242, 375)))
    move = np.concatenate([np.reshape(KITTI["Tr_velo_to_cam"], (3, 4)), [[0, 0, 0, 1]]])
    whole = np.reshape(KITTI["P2"], (3, 4)) @ move
    points = np.array([[10.0, 2, -1], [30, -5, 0.5]])
    expected = np.c_[points, np.ones(2)] @ whole.T
    np.testing.assert_allclose(found.points(points), expected[:, :2] / expected[:, 2:], atol=1e-9)
    np.testing.assert_allclose(found.project(points).depth, expected[:, 2])
    assert "focal lengths 700 and 700" in repr(found)
    bad = {**KITTI, "P2": [1, 2], "R0_rect": ["a"] * 9}
    del bad["Tr_velo_to_cam"]
    with pytest.raises(DataError) as caught:
        read_kitti(written(tmp_path / "bad.txt", bad))
    assert all(part in str(caught.value) for part in ("has 2 numbers", "no number", "no line 'Tr_velo_to_cam'"))
    for path in (tmp_path / "gone.txt", tmp_path):
        with pytest.raises(DataError, match="cannot be read"):
            read_kitti(path)


@pytest.mark.parametrize("shape", [(3, 3), (3, 4), (4, 4)])
def test_whole_projections_are_taken_apart(shape: tuple[int, int]) -> None:
    turn = pose([0.5, -0.5, 0.5, -0.5], [0.1, -0.3, 0.2] if shape[1] == 4 else [0, 0, 0], LIDAR, LIDAR)
    whole = np.eye(4)
    whole[:3] = 3 * K @ turn.matrix[:3]  # scale has no meaning
    found = Pinhole.of(whole[: shape[0], : shape[1]], LIDAR, PHOTO)
    points = turn.inverse().points(ahead(1))
    np.testing.assert_allclose(found.matrix, K, atol=1e-9)
    np.testing.assert_allclose(found.points(points), camera(pose=turn.matrix).points(points), atol=1e-8)
    with pytest.raises(SettingError, match="rank 3"):
        Pinhole.of(np.ones((3, 4)), LIDAR, PHOTO)
    with pytest.raises(SettingError, match="projection is"):
        Pinhole.of(np.ones(3), LIDAR, PHOTO)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"matrix": np.eye(4)}, "Pinhole.of"),
        ({"matrix": -K}, "fx, skew, cx"),
        ({"matrix": K.T}, "fx, skew, cx"),
        ({"source": Frame("flat")}, "from 3-D"),
        ({"target": Frame("wall", "metre")}, "in pixels"),
        ({"pose": np.zeros((3, 4))}, "way back"),
        ({"pose": np.eye(4) * 2}, "last row"),
        ({"distortion": (0.1, 0.2)}, "none, 4, 5 or 8"),
        ({"distortion": (0.1,) * 5, "fisheye": True}, "up to 4"),
    ],
    ids=range(9),
)
def test_what_is_no_camera(settings: dict, words: str) -> None:
    with pytest.raises(SettingError, match=words):
        Pinhole(**{"matrix": K, "source": LIDAR, "target": PHOTO, **settings})


def test_colours_depths_and_the_nearest_point() -> None:
    picture = np.zeros((100, 200, 3), dtype=np.uint8)
    picture[:, :, 0] = np.arange(200)
    points = np.array([[0, 0, 2.0], [0, 0, 4.0], [0.5, 0, 2.0], [0, 0, -1.0]])
    found = attach(points, picture, camera())
    assert found.values[:, 0].tolist() == [99.5, 99.5, 129.5, None]
    rows, depth = found.projection.nearest(), found.projection.depth_map()
    assert rows.shape == (100, 200)
    assert rows.compressed().tolist() == [0, 2]
    assert depth.compressed().tolist() == [2.0, 2.0]
    table = found.to_pandas()
    assert table["red"].isna().tolist() == [False, False, False, True]
    assert table.loc[2, ["column", "row", "depth"]].tolist() == [129.5, 49.5, 2.0]
    hidden = attach(points, picture, camera(), hidden=3)
    assert hidden.projection.seen.tolist() == [True, False, True, False]
    grey = attach(points, picture[..., 0], Pinhole(K, LIDAR, Frame("photo")))
    assert grey.projection.seen.tolist() == [True, True, True, False]
    assert grey.to_pandas()["value"][2] == 129.5
    assert attach(points[3:], picture, camera(), hidden=2).projection.nearest().count() == 0
    assert attach(np.zeros((0, 3)), picture, camera()).projection.depth_map().count() == 0


def test_the_figure_and_what_does_not_fit(tmp_path: Path) -> None:
    picture = np.zeros((100, 200), dtype=np.uint8)
    attach(ahead(0), picture, camera()).plot(tmp_path / "seen.png")
    assert (tmp_path / "seen.png").stat().st_size > 1000
    with pytest.raises(DataError, match="200 x 100"):
        attach(ahead(0), picture.T, camera())
    with pytest.raises(DataError, match="a picture is"):
        attach(ahead(0), np.zeros(5), camera())
    with pytest.raises(DataError, match="how large"):
        Pinhole(K, LIDAR, Frame("photo")).project(ahead(0)).nearest()
    with pytest.raises(SettingError, match="whole pixels"):
        camera().project(ahead(0)).nearest((0, 4))
    with pytest.raises(SettingError, match="radius"):
        camera().project(ahead(0)).without_hidden(0)


@pytest.mark.parametrize("lens", LENSES)
def test_json_keeps_every_bit(lens: str) -> None:
    one = camera(lens)
    again = Transform.from_json(one.to_json())
    assert again == one
    np.testing.assert_array_equal(again.points(ahead(0)), one.points(ahead(0)))
