"""PointNet: no order, no padding, no neighbours; the maximum as written out; points that decide nothing."""

import numpy as np
import pytest
import torch

from polymodal.encoders.points import PointsEncoder
from polymodal.modalities.points import Points
from polymodal.schema.batch import Field

RANDOM = np.random.default_rng(0)
CLOUDS = [RANDOM.normal(size=(n, 4)) for n in (1, 7, 40, 12)]


@pytest.fixture(scope="module")
def encoder() -> PointsEncoder:
    torch.manual_seed(0)
    return PointsEncoder(Points(), Points().measure(CLOUDS), 8, 0.0).eval()


def field(clouds: list[np.ndarray]) -> Field:
    kind = Points()
    statistics = kind.measure(CLOUDS)
    values, mask = kind.collate([kind.prepare(one, statistics) for one in clouds], statistics)
    return Field(values, torch.arange(len(clouds)), mask)


@torch.no_grad()
def test_order_padding_and_neighbours_change_nothing(encoder: PointsEncoder) -> None:
    together = encoder(field(CLOUDS)).values
    assert together.shape == (4, 3, 8)
    turned = encoder(field([RANDOM.permutation(cloud) for cloud in CLOUDS])).values
    torch.testing.assert_close(together, turned, atol=1e-5, rtol=0)
    for row, cloud in enumerate(CLOUDS):
        torch.testing.assert_close(together[row], encoder(field([cloud])).values[0], atol=1e-5, rtol=0)


@torch.no_grad()
def test_the_maximum_over_points_as_written_out(encoder: PointsEncoder) -> None:
    points, mask = torch.randn(3, 6, 7), torch.tensor([[1, 1, 1, 1, 1, 1], [1, 0, 0, 0, 0, 0], [0, 1, 0, 1, 0, 0]]) > 0
    expected = [encoder.point(one[here]).amax(dim=0) for one, here in zip(points, mask, strict=True)]
    torch.testing.assert_close(encoder.pooled(points, mask), torch.stack(expected))


@torch.no_grad()
def test_points_that_are_nowhere_the_largest_decide_nothing(encoder: PointsEncoder) -> None:
    """Theorem 2 of Qi et al.: a cloud is known by its critical points alone."""
    points = torch.randn(1, 200, 7)
    whole = encoder.pooled(points, torch.ones(1, 200, dtype=torch.bool))
    critical = torch.zeros(1, 200, dtype=torch.bool)
    critical[0, encoder.point(points[0]).argmax(dim=0)] = True
    assert 0 < critical.sum() <= whole.shape[1]
    torch.testing.assert_close(encoder.pooled(points, critical), whole)


@torch.no_grad()
def test_where_a_cloud_lies_and_how_large_it_is_counts(encoder: PointsEncoder) -> None:
    cloud = CLOUDS[2]
    moved, grown = cloud + np.array([1, 0, 0, 0]), cloud * [2, 2, 2, 1]
    same, shifted, larger = encoder(field([cloud, moved, grown])).values
    assert (same - shifted).abs().max() > 1e-3
    assert (same - larger).abs().max() > 1e-3


def test_a_cloud_of_one_place_has_finite_gradients(encoder: PointsEncoder) -> None:
    encoder.zero_grad()
    encoder(field([np.zeros((5, 4)), np.ones((1, 4))])).values.square().sum().backward()
    assert all(torch.isfinite(one.grad).all() for one in encoder.parameters() if one.grad is not None)
