"""Figures that need no grid: those of numpy, a sine's pitch from samples at random times, gaps that stay gaps."""

import numpy as np
import pytest

from polymodal.features.series import SeriesFeatures
from polymodal.features.series_timed import FIGURES, TimedSeriesFeatures
from polymodal.modalities.series import Series


def fitted(samples: list[np.ndarray]) -> tuple[TimedSeriesFeatures, list[np.ndarray]]:
    kind = Series(irregular=True)
    statistics = kind.measure(samples)
    arrays = [kind.prepare(sample, statistics) for sample in samples]
    features = SeriesFeatures.measure(arrays, statistics, 0)
    assert isinstance(features, TimedSeriesFeatures)
    return features, arrays


def walks(channels: int = 2) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    found = []
    for length in (1, 2, 9, 40, 40):
        values = random.normal(size=(length, channels)).cumsum(axis=0)
        values[1:][random.random((length - 1, channels)) < 0.4] = np.nan
        found.append(np.column_stack([np.sort(random.uniform(0, 8, length)), values]))
    return found


@pytest.mark.parametrize("turns", [3.0, 7.7, 20.0])
def test_a_sine_sampled_at_random_has_its_pitch(turns: float) -> None:
    random = np.random.default_rng(1)
    times = np.sort(random.uniform(0, 10, 120))
    sample = np.column_stack([times, 5 + np.sin(2 * np.pi * turns * times / 10)])
    features, arrays = fitted([sample])
    found = dict(zip(FIGURES, features.compact(arrays)[0], strict=False))
    span = float(times[-1] - times[0])
    assert np.exp(found["pitch"]) == pytest.approx(turns * span / 10, rel=0.05)
    assert found["periodic"] > 0.8


def test_figures_are_those_of_numpy() -> None:
    features, arrays = fitted(walks(1))
    times, values = arrays[3][:, 0].astype(float), arrays[3][:, 2].astype(float)
    found = dict(zip(FIGURES, features.compact(arrays)[3], strict=False))
    want = {
        "last": values[-1],
        "mean": values.mean(),
        "count": np.log1p(len(values)),
        "spread": values.std(),
        "slope": np.polyfit(times, values, 1)[0],
        "median": np.median(values),
        "since last": 0.0,
        "interval": np.log(np.diff(times).mean()),
        "longest gap": np.diff(times).max(),
        "change": np.abs(np.diff(values)).mean(),
    }
    assert {name: found[name] for name in want} == pytest.approx(want, abs=1e-4)


def test_a_channel_without_values_tells_nothing_but_that() -> None:
    sample = walks()[3]
    sample[:, 2] = np.nan
    features, arrays = fitted([*walks(), sample])
    empty = features.compact(arrays)[-1, len(FIGURES) : 2 * len(FIGURES)]
    assert empty[FIGURES.index("count")] == 0
    assert np.isnan(np.delete(empty, FIGURES.index("count"))).all()
    assert np.isfinite(features.wide(arrays)).all()


@pytest.mark.parametrize("channels", [1, 9, 161])
def test_a_row_stands_alone_and_columns_stay_few(channels: int) -> None:
    features, arrays = fitted(walks(channels))
    for view in (features.wide, features.compact):
        together = view(arrays)
        for row, array in enumerate(arrays):
            np.testing.assert_array_equal(view([array])[0], together[row])
    assert features.compact(arrays).shape[1] <= 160
    again = TimedSeriesFeatures.restore(*features.export())
    np.testing.assert_array_equal(again.compact(arrays), features.compact(arrays))
