"""Panels against scikit-learn's scaling and numpy's singular vectors."""

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from polymodal.features.vector import VectorFeatures
from polymodal.modalities.vector import Vector


def fitted(panel: np.ndarray):
    kind = Vector(scale="standard")
    statistics = kind.measure(list(panel))
    arrays = [kind.prepare(row, statistics) for row in panel]
    return VectorFeatures.measure(arrays, statistics, 0), arrays


def panel(rows: int, columns: int, gaps: float = 0.1) -> np.ndarray:
    random = np.random.default_rng(0)
    values = random.normal(size=(rows, columns)) * random.gamma(2.0, size=columns) + 5
    values[random.random(values.shape) < gaps] = np.nan
    return values


@pytest.mark.parametrize("columns", [5, 200])
def test_wide_is_scaled_and_zero_in_gaps(columns):
    values = panel(30, columns)
    features, arrays = fitted(values)
    np.testing.assert_allclose(features.wide(arrays), np.nan_to_num(StandardScaler().fit_transform(values)), atol=1e-4)


def test_few_columns_stay_as_they_are():
    values = panel(30, 5)
    features, arrays = fitted(values)
    np.testing.assert_array_equal(features.compact(arrays), np.stack(arrays))
    assert np.isnan(features.compact(arrays)).any()


def test_many_columns_become_their_main_directions():
    random = np.random.default_rng(1)
    values = random.normal(size=(60, 3)) @ random.normal(size=(3, 200)) * 4 + random.normal(size=(60, 200))
    features, arrays = fitted(values)
    _, _, exact = np.linalg.svd(StandardScaler().fit_transform(values), full_matrices=False)
    expected = features.wide(arrays) @ exact[:3].T
    assert features.compact(arrays).shape == (60, 50)
    np.testing.assert_allclose(np.abs(features.compact(arrays)[:, :3]), np.abs(expected), atol=1e-2)


def test_a_panel_far_wider_than_long():
    features, arrays = fitted(panel(20, 10_000))
    assert features.compact(arrays).shape == (20, 20)
    assert np.isfinite(features.wide(arrays)).all()


@pytest.mark.parametrize("values", [np.ones((6, 200)), panel(1, 200), np.full((3, 200), np.nan)])
def test_panels_that_say_nothing(values):
    features, arrays = fitted(values)
    assert np.isfinite(features.compact(arrays)).all()
    assert not features.wide(arrays).any()


def test_exported_and_restored_is_the_same():
    features, arrays = fitted(panel(30, 200))
    again = VectorFeatures.restore(*features.export())
    np.testing.assert_array_equal(again.compact(arrays), features.compact(arrays))
