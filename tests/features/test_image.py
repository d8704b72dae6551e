"""Edges fall into their direction, colours into their hue, and any picture at all is described."""

import colorsys

import numpy as np
import pytest

from polymodal.features.image import (
    _HUES,
    ImageFeatures,
    _colours,
    _normalised,
    _outline,
    _overlaps,
    _pooled,
    _stands_out,
    _symmetry,
    gradients,
    histograms,
)
from polymodal.modalities.image import Image


def pictures(n: int = 12, side: int = 16, seed: int = 0) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [random.integers(0, 256, (side, side, 3), dtype=np.uint8) for _ in range(n)]


def fitted(some: list[np.ndarray]) -> ImageFeatures:
    return ImageFeatures.measure(some, Image().measure(some), seed=0)


@pytest.mark.parametrize(("degrees", "place"), [(0, 0.0), (20, 1.0), (90, 4.5), (160, 8.0)])
def test_an_edge_has_its_energy_in_its_direction(degrees: int, place: float) -> None:
    down, across = np.mgrid[:16, :16] / 100
    ramp = (across * np.cos(np.radians(degrees)) + down * np.sin(np.radians(degrees)))[None, None]
    strength, direction = gradients(ramp)
    inside = np.s_[:, 1:-1, 1:-1]
    np.testing.assert_allclose(strength[inside], 0.01, atol=1e-9)
    np.testing.assert_allclose(direction[inside], place, atol=1e-6)
    found = histograms(direction[inside], strength[inside], 9, True, 1).ravel()
    want = np.zeros(9)
    want[int(place)], want[int(place) + 1 if place % 1 else int(place)] = 0.5, 0.5 if place % 1 else 1.0
    np.testing.assert_allclose(found / found.sum(), want, atol=1e-5)


def test_a_vertical_edge_fills_the_cells_it_runs_through() -> None:
    picture = np.zeros((1, 3, 32, 32))
    picture[:, 1, :, 18:] = 1.0  # the strongest colour speaks
    strength, direction = gradients(picture)
    cells = histograms(direction, strength, 9, True, 8)[0]
    assert cells[:, 4, 0].min() > 0
    assert cells.sum() == pytest.approx(cells[:, 4, 0].sum())


def test_cells_sum_to_the_whole_and_blocks_have_unit_length() -> None:
    random = np.random.default_rng(1)
    place, weight = random.uniform(0, 9, (2, 20, 20)), random.random((2, 20, 20))
    cells = histograms(place, weight, 9, True, 8)
    np.testing.assert_allclose(cells.sum(axis=(1, 2, 3)), weight.sum(axis=(1, 2)), rtol=1e-5)
    blocks = _normalised(cells)
    assert blocks.shape == (2, 7, 7, 36)
    np.testing.assert_allclose((blocks**2).sum(axis=3), 1, atol=1e-2)


@pytest.mark.parametrize("side", [5, 8, 20, 64])
def test_pooling_keeps_the_mean(side: int) -> None:
    maps = np.random.default_rng(2).random((1, 2, side, side))
    np.testing.assert_allclose(_overlaps(side, 8).sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(_pooled(maps, 8).mean(axis=(2, 3)), maps.mean(axis=(2, 3)), atol=1e-6)


@pytest.mark.parametrize("colour", [(255, 0, 0), (255, 255, 0), (0, 0, 255), (200, 40, 120), (10, 90, 60)])
def test_a_colour_falls_into_its_hue(colour: tuple[int, int, int]) -> None:
    picture = np.ones((1, 3, 4, 4), dtype=np.float32) * (np.array(colour, dtype=np.float32) / 255)[:, None, None]
    hues = _colours(picture, np.ones((1, 4, 4), dtype=np.float32))[0, 6 : 6 + _HUES] ** 2
    place = colorsys.rgb_to_hsv(*(one / 255 for one in colour))[0] * _HUES
    turns = np.exp(2j * np.pi * np.arange(_HUES) / _HUES)
    assert np.angle((hues * turns).sum() * np.exp(-2j * np.pi * place / _HUES)) == pytest.approx(0, abs=0.05)


def test_a_disc_on_any_ground_stands_out_where_it_is() -> None:
    down, across = np.mgrid[:40, :40] + 0.5
    disc = (down - 10) ** 2 + (across - 24) ** 2 < 64
    for ground, ink in ((1.0, 0.2), (0.3, 0.9)):
        picture = np.where(disc, ink, ground)[None, None].repeat(3, axis=1).astype(np.float32)
        total, row, row_spread, height, column, column_spread, width, fill, slant = _outline(_stands_out(picture))[0]
        assert total == pytest.approx(np.pi * 64 / 1600, abs=0.005)
        assert (row, column) == pytest.approx((0.25, 0.6), abs=0.01)
        assert (height, width, slant) == pytest.approx((0.4, 0.4, 0.0), abs=0.01)
        assert row_spread == pytest.approx(column_spread, abs=1e-4)
        assert fill == pytest.approx(np.pi / 4, abs=0.03)


def test_mirror_images_are_seen() -> None:
    half = np.random.default_rng(3).random((1, 8, 4))
    left_right, up_down, _ = _symmetry(np.concatenate([half, half[:, :, ::-1]], axis=2))[0]
    assert left_right == pytest.approx(1, abs=0.01)
    assert up_down < 0.9


@pytest.mark.parametrize("side", [8, 16, 20, 64, 96])
def test_a_row_stands_alone(side: int) -> None:
    some = pictures(5, side)
    features = fitted(some)
    for view in (features.wide, features.compact):
        together = view(some)
        assert together.dtype == np.float32
        assert np.isfinite(together).all()
        for row, one in enumerate(some):
            np.testing.assert_allclose(view([one])[0], together[row], atol=1e-4)
    assert features.compact(some).shape[1] <= 150


@pytest.mark.parametrize("shade", [0, 128, 255])
@pytest.mark.parametrize("n", [1, 3])
def test_constant_pictures_and_one_row_are_enough(shade: int, n: int) -> None:
    some = [np.full((8, 8, 3), shade, dtype=np.uint8)] * n
    features = fitted(some)
    assert not features.wide(some).any()
    assert np.isfinite(features.wide(pictures(3, 8))).all()
    assert len(features.compact(pictures(3, 8))) == 3


def test_grey_pictures_have_no_hue() -> None:
    some = [one[:, :, :1].repeat(3, axis=2) for one in pictures(4)]
    assert not fitted(some).compact(some)[:, 6 : 6 + _HUES].any()


def test_what_is_restored_answers_alike() -> None:
    some = pictures()
    features = fitted(some)
    restored = ImageFeatures.restore(*features.export())
    np.testing.assert_array_equal(restored.wide(some), features.wide(some))
    np.testing.assert_array_equal(restored.compact(some), features.compact(some))
