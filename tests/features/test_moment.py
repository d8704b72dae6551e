"""Calendar figures: waves of known length, days of the week, nothing else."""

import numpy as np
import pandas as pd

from polymodal.features.moment import MomentFeatures
from polymodal.modalities.moment import Moment


def fitted(moments: pd.DatetimeIndex):
    kind = Moment()
    samples = kind.read("x", pd.DataFrame({"x": moments}), None).samples
    statistics = kind.measure(samples)
    arrays = [kind.prepare(one, statistics) for one in samples]
    return MomentFeatures.measure(arrays, statistics, 0), arrays


def weekdays(moments: pd.DatetimeIndex) -> np.ndarray:
    return np.array([one.weekday() for one in moments])


def test_linear_in_the_wide_columns_are_waves_trend_and_weekdays() -> None:
    moments = pd.date_range("2024-01-01", periods=24 * 7 * 5, freq="h")
    features, arrays = fitted(moments)
    wide = np.column_stack([features.wide(arrays), np.ones(len(moments))])
    wanted = np.column_stack(
        [
            np.sin(2 * np.pi * (moments.hour - 3) / 24),
            np.cos(4 * np.pi * moments.hour / 24),
            weekdays(moments) == 5,
            (moments - moments[0]) / pd.Timedelta(days=1),
        ]
    ).astype(float)
    solved, *_ = np.linalg.lstsq(wide, wanted, rcond=None)
    np.testing.assert_allclose(wide @ solved, wanted, atol=1e-3)


def test_every_midnight_belongs_to_the_day_it_begins() -> None:
    days = pd.date_range("1999-12-27", periods=3000)
    features, arrays = fitted(days)
    assert (features.wide(arrays)[:, -7:].argmax(axis=1) == weekdays(days)).all()


def test_columns_have_unit_spread_and_constant_ones_are_zero() -> None:
    features, arrays = fitted(pd.date_range("2024-01-01", periods=400))
    wide = features.wide(arrays)
    spread = wide.std(axis=0)
    assert np.all(np.isclose(spread, 1, atol=1e-3) | (spread == 0))
    assert (spread == 0).sum() == 12  # three waves of an hour and of a day, which dates do not have
    assert features.compact(arrays).shape == (400, 6)
    again = MomentFeatures.restore(*features.export())
    np.testing.assert_array_equal(again.wide(arrays), wide)
