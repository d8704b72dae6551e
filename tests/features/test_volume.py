"""Figures of volumes against NumPy and SciPy."""

import numpy as np
from scipy import stats

from polymodal.features.volume import VolumeFeatures, cubes_of, figures_of
from polymodal.modalities.volume import Volume

RANDOM = np.random.default_rng(0)


def prepared(scans: list[np.ndarray], size: int = 8) -> tuple[list[np.ndarray], object]:
    kind = Volume(size=size)
    samples = [kind._decode(scan, None) for scan in scans]
    statistics = kind.measure(samples)
    return [kind.prepare(sample, statistics) for sample in samples], statistics


def test_figures_are_those_of_numpy_and_scipy() -> None:
    [array, *_], _ = prepared([RANDOM.exponential(size=(8, 8, 8)) for _ in range(3)])
    grid = array[1:, :, :, 0].astype(float)
    found = figures_of(array, 5)
    assert len(found) == 5 + 15
    np.testing.assert_allclose(found[:5], array[0].ravel()[:5])
    np.testing.assert_allclose(found[5:12], np.quantile(grid, [0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98]))
    np.testing.assert_allclose(found[12], stats.skew(grid, axis=None), atol=0.02)
    np.testing.assert_allclose(found[13], stats.kurtosis(grid, axis=None, fisher=False), rtol=0.02)
    np.testing.assert_allclose(found[14:17], [np.abs(one).mean() for one in np.gradient(grid)])
    steep = np.linalg.norm(np.gradient(grid), axis=0)
    np.testing.assert_allclose(found[17:20], [steep.mean(), steep.std(), np.quantile(steep, 0.9)])


def test_cubes_are_means_of_their_parts() -> None:
    for size in (8, 10):
        [array, *_], _ = prepared([RANDOM.normal(size=(12, 12, 12, 2)) for _ in range(2)], size)
        found = cubes_of(array).reshape(4, 4, 4, 2)
        parts = np.array_split(np.arange(size), [size * place // 4 for place in (1, 2, 3)])
        for x, y, z in ((0, 0, 0), (1, 2, 3), (3, 3, 3)):
            cube = array[1:].astype(float)[np.ix_(parts[x], parts[y], parts[z])]
            np.testing.assert_allclose(found[x, y, z], cube.mean(axis=(0, 1, 2)))


def test_finite_few_enough_and_kept_by_export() -> None:
    for channels in (1, 3, 16):
        scans = [RANDOM.normal(size=(6, 6, 6, channels)) for _ in range(20)]
        scans[0] = np.ones((5, 5, 5, channels))
        arrays, statistics = prepared(scans)
        features = VolumeFeatures.measure(arrays, statistics, 0)
        compact, wide = features.compact(arrays), features.wide(arrays)
        assert compact.shape[1] <= 150
        assert np.isfinite(compact).all()
        assert np.isfinite(wide).all()
        again = VolumeFeatures.restore(*features.export())
        np.testing.assert_array_equal(again.compact(arrays), compact)
