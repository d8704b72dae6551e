"""Bumps against a Gaussian kernel; slopes and slanted borders for those that cannot bend."""

import numpy as np

from polymodal.features.place import PlaceFeatures
from polymodal.modalities.place import Place


def fitted(degrees: np.ndarray):
    kind = Place()
    statistics = kind.measure(list(degrees))
    arrays = [kind.prepare(one, statistics) for one in degrees]
    return PlaceFeatures.measure(arrays, statistics, 0), arrays


def test_products_of_wide_columns_are_bumps_of_both_widths() -> None:
    degrees = np.random.default_rng(0).uniform([48.8, 2.2], [48.9, 2.4], (40, 2))
    features, arrays = fitted(degrees)
    near = np.stack(arrays)[:, 3:6]
    squares = ((near[:, None] - near) ** 2).sum(axis=2)
    wide = features.wide(arrays)[:, 3:]
    for half, length in enumerate((1.0, 0.3)):
        some = wide[:, 48 * half : 48 * (half + 1)]
        assert np.abs(some @ some.T / 48 - np.exp(-squares / 2 / length**2)).mean() < 0.15


def test_a_slanted_border_is_one_cut_for_a_tree() -> None:
    degrees = np.random.default_rng(0).uniform(-10, 10, (300, 2))
    features, arrays = fitted(degrees)
    compact = features.compact(arrays)
    wanted = degrees.sum(axis=1)
    best = max(abs(np.corrcoef(column, wanted)[0, 1]) for column in compact.T)
    assert best > 0.999
    np.testing.assert_allclose(compact[:, :2], degrees, rtol=1e-5)


def test_one_place_only_and_restored() -> None:
    features, arrays = fitted(np.array([[48.85, 2.35]] * 5))
    assert np.isfinite(features.wide(arrays)).all()
    again = PlaceFeatures.restore(*features.export())
    np.testing.assert_array_equal(again.wide(arrays), features.wide(arrays))
