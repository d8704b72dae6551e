"""Figures of clouds whose form is known."""

import numpy as np
import pytest

from polymodal.features.points import PointsFeatures, described
from polymodal.modalities.points import Points

RANDOM = np.random.default_rng(0)
LEVELS = np.linspace(-1, 1, 11)
LINEAR, PLANAR, ROUND, UPRIGHT = 17, 18, 19, 20


def prepared(cloud: np.ndarray) -> np.ndarray:
    head = np.zeros((1, cloud.shape[1]))
    head[0, 0] = np.log(len(cloud))
    return np.concatenate([head, cloud]).astype(np.float32)


@pytest.mark.parametrize(
    ("scales", "expected"),
    [
        ([1.0, 0.0, 0.0], {LINEAR: 1, PLANAR: 0, ROUND: 0}),
        ([1.0, 1.0, 0.0], {LINEAR: 0, PLANAR: 1, ROUND: 0, UPRIGHT: 0}),  # lies flat
        ([0.0, 1.0, 1.0], {LINEAR: 0, PLANAR: 1, ROUND: 0, UPRIGHT: 1}),  # stands as a wall does
        ([1.0, 1.0, 1.0], {LINEAR: 0, PLANAR: 0, ROUND: 1}),
    ],
)
def test_lines_planes_and_balls_are_known(scales: list[float], expected: dict[int, float]) -> None:
    found = described(prepared(RANDOM.normal(size=(20_000, 3)) * scales), LEVELS)
    for place, value in expected.items():
        assert found[place] == pytest.approx(value, abs=0.05)


def test_moments_and_histograms_are_those_of_numpy() -> None:
    cloud = RANDOM.uniform(-1, 1, (500, 5))
    found = described(prepared(cloud), LEVELS)
    assert len(found) == 39 + 2 * 2
    space = cloud[:, :3]
    np.testing.assert_allclose(found[2:5], space.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(found[5:8], np.ptp(space, axis=0), atol=1e-6)
    np.testing.assert_allclose(np.exp(found[8:11]), space.std(axis=0), atol=1e-6)
    spread = np.linalg.svd(space - space.mean(axis=0), compute_uv=False) / np.sqrt(500)
    np.testing.assert_allclose(np.exp(found[14:17]), spread[::-1], atol=1e-6)
    np.testing.assert_allclose(found[21:31], np.histogram(space[:, 2], LEVELS)[0] / 500, atol=1e-6)
    np.testing.assert_allclose(found[-4:-2], cloud[:, 3:].mean(axis=0), atol=1e-6)


def test_order_says_nothing_and_ranks_are_neutral_in_the_middle() -> None:
    kind = Points()
    clouds = [RANDOM.normal(size=(RANDOM.integers(1, 60), 3)) * RANDOM.uniform(0.5, 2) for _ in range(41)]
    statistics = kind.measure(clouds)
    arrays = [kind.prepare(cloud, statistics) for cloud in clouds]
    turned = [kind.prepare(RANDOM.permutation(cloud), statistics) for cloud in clouds]
    features = PointsFeatures.measure(arrays, statistics, 0)
    # Of very few points the direction of the plane is undetermined.
    many = [len(cloud) > 4 for cloud in clouds]
    np.testing.assert_allclose(features.compact(arrays)[many], features.compact(turned)[many], atol=1e-4)
    wide = features.wide(arrays)
    assert np.isfinite(wide).all()
    assert np.abs(np.median(wide[:, 2:5], axis=0)).max() < 0.01  # the centre has no ties
    again = PointsFeatures.restore(*features.export())
    np.testing.assert_array_equal(again.wide(arrays), features.wide(arrays))


def test_clouds_of_one_place_have_finite_figures() -> None:
    kind = Points()
    clouds = [np.zeros((5, 3)), np.ones((1, 3))]
    for some in (clouds, clouds[:1]):
        statistics = kind.measure(some)
        arrays = [kind.prepare(cloud, statistics) for cloud in clouds]
        features = PointsFeatures.measure(arrays[: len(some)], statistics, 0)
        assert np.isfinite(features.compact(arrays)).all()
        assert np.isfinite(features.wide(arrays)).all()
