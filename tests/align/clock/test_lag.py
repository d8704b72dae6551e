"""Offsets between clocks: known shifts, gaps, rates, and signals that cannot tell."""

import numpy as np
import pandas as pd
import pytest
from scipy.signal import correlate

import polymodal as pm
from polymodal.align.clock._correlation import correlogram, peak_of
from polymodal.errors import DataError, SettingError

Stream, offset = pm.align.clock.Stream, pm.align.clock.offset
RANDOM = np.random.default_rng(0)
MOVEMENT = np.convolve(RANDOM.normal(size=9000), np.hanning(24), "same")


def sampled(times: np.ndarray) -> np.ndarray:
    """The movement, 100 samples a second, at any time."""
    return np.interp(times * 100, np.arange(len(MOVEMENT)), MOVEMENT)


def test_correlation_is_that_of_scipy_and_numpy() -> None:
    x, y = RANDOM.normal(size=40), RANDOM.normal(size=25)
    here = np.ones((40, 1), bool), np.ones((25, 1), bool)
    found = correlogram(x[:, None], y[:, None], *here, least_share=0.4)
    whole = correlate(x - x.mean(), y - y.mean())
    lags = np.arange(-24, 40)
    for lag, value in zip(found.lags, found.correlation, strict=True):
        a, b = (x - x.mean())[max(lag, 0) : lag + 25], (y - y.mean())[max(-lag, 0) : 40 - lag]
        assert value == pytest.approx((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()))
        assert (a * b).sum() == pytest.approx(whole[lags == lag][0])


def test_a_gap_changes_nothing_elsewhere() -> None:
    x = RANDOM.normal(size=(200, 2))
    here = np.ones((200, 2), bool)
    here[50:80, 1] = False
    spoilt = np.where(here, x, 1e6)
    found = correlogram(spoilt, x[20:150], here, np.ones((130, 2), bool))
    assert peak_of(found).lag == pytest.approx(20, abs=0.05)
    assert peak_of(found).correlation > 0.99


@pytest.mark.parametrize("shift", [-12.3456, 0.0, 0.0042, 31.7])
@pytest.mark.parametrize("phase", [False, True])
def test_a_known_shift_to_a_fraction_of_a_sample(shift: float, phase: bool) -> None:
    times = 20 + np.arange(4000) / 100
    first = Stream.of(sampled(times), rate=100, start=20.0)
    own = times[500:3500] + 0.0037
    second = Stream.of(sampled(own), rate=100, start=own[0] - shift)
    found = offset(first, second, phase=phase)
    assert found.seconds == pytest.approx(shift, abs=2e-4)
    assert found.confidence > 0.3
    assert not found.notes
    assert found.apply(own - shift) == pytest.approx(own, abs=2e-4)
    assert found.apply(second).rate == pytest.approx(100)


def test_unequal_rates_noise_gaps_and_channels() -> None:
    slow = np.arange(10, 70, 1 / 23)
    fast = np.arange(5, 80, 1 / 100)
    values = np.stack([sampled(fast), np.sin(sampled(fast))], axis=1) + 0.1 * RANDOM.normal(size=(len(fast), 2))
    others = np.stack([sampled(slow), np.sin(sampled(slow))], axis=1) + 0.1 * RANDOM.normal(size=(len(slow), 2))
    others[300:500, 0] = np.nan
    keep = RANDOM.random(len(slow)) > 0.1  # irregular
    found = offset(Stream.of(values, times=fast), Stream.of(others[keep], times=slow[keep] + 2.5))
    assert found.seconds == pytest.approx(-2.5, abs=3e-3)


def test_dates_and_plain_seconds() -> None:
    index = pd.date_range("2024-05-01 10:00", periods=3000, freq="10ms", tz="UTC")
    first = pd.Series(sampled(np.arange(3000) / 100), index=index)
    second = pd.Series(first.to_numpy(), index=index.tz_convert("Asia/Tokyo") + pd.Timedelta("7s"))
    found = offset(first, second)
    assert found.seconds == pytest.approx(-7, abs=1e-6)
    assert found.apply(found.second).moment(found.apply(found.second).seconds[0])[:19] == "2024-05-01 10:00:00"
    assert found.to_dict()["seconds"] == found.seconds
    assert len(found.plot().axes) == 3
    assert "Add -7 s to the times of 'second'" in str(found)


def test_a_signal_that_repeats_itself_is_ambiguous() -> None:
    wave = np.sin(2 * np.pi * np.arange(2000) / 100)
    found = offset(Stream.of(wave, rate=100), Stream.of(wave[30:1500], rate=100))
    assert found.confidence < 0.2
    assert "ambiguous" in found.notes[0]
    narrow = offset(Stream.of(wave, rate=100), Stream.of(wave[30:1500], rate=100), max_offset="0.45s")
    assert narrow.seconds == pytest.approx(0.3, abs=1e-3)
    assert not any("ambiguous" in note for note in narrow.notes)
    assert offset(Stream.of(wave, rate=100), Stream.of(wave[30:1500], rate=100), max_offset=0).seconds == pytest.approx(
        0, abs=1e-6
    )


def test_strangers_and_mirrors_are_told() -> None:
    strangers = offset(Stream.of(RANDOM.normal(size=3000), rate=10), Stream.of(RANDOM.normal(size=3000), rate=10))
    assert strangers.confidence < 0.3
    assert "hardly agree" in " ".join(strangers.notes)
    smooth = [np.convolve(RANDOM.normal(size=3000), np.hanning(60), "same") for _ in range(2)]
    chance = offset(Stream.of(smooth[0], rate=100), Stream.of(smooth[1], rate=100))
    assert chance.correlation > 0.1
    assert "hardly agree" in " ".join(chance.notes)
    noisy = [smooth[0] + RANDOM.normal(0, smooth[0].std(), 3000) for _ in range(2)]
    assert not offset(Stream.of(noisy[0], rate=100), Stream.of(noisy[1], rate=100)).notes
    mirrored = offset(Stream.of(MOVEMENT[:3000], rate=100), Stream.of(-MOVEMENT[500:2500], rate=100))
    assert "upside down they agree better (correlation -1.00 at 5 s)" in " ".join(mirrored.notes)


@pytest.mark.parametrize(
    ("second", "settings", "says"),
    [
        (Stream.of([1.0], rate=10), {}, "has 1 sample; it takes at least 16"),
        (Stream.of(np.full(50, 7.0), rate=10), {}, "is constant over its"),
        (Stream.of(RANDOM.normal(size=(50, 2)), rate=10), {}, r"1 channel \('stream0'\) and 'second' has 2 channels"),
        (Stream.of(RANDOM.normal(size=50), rate=100, start=1e6), {"max_offset": 5}, "do not overlap enough"),
        (Stream.of(RANDOM.normal(size=50), rate=100), {"rate": -1}, "more than 0"),
    ],
)
def test_faults(second, settings, says) -> None:
    with pytest.raises(ValueError, match=says):
        offset(Stream.of(MOVEMENT[:500], rate=100), second, **settings)
    with pytest.raises(DataError, match="the first stream is a list"):
        offset([1, 2], second)


def test_steps_that_differ_as_units_do() -> None:
    values = sampled(np.arange(2000) / 100)
    found = offset(
        Stream.of(values, times=np.arange(2000) * 10.0, name="phone"), Stream.of(values, rate=100, name="watch")
    )
    assert (
        "a step of 'phone' lasts 1,000 times one of 'watch': one of them may count in another unit" in found.notes[-1]
    )


def test_local_time_beside_time_with_an_offset() -> None:
    values = sampled(np.arange(2000) / 100)
    index = pd.date_range("2024-07-01 10:00", periods=2000, freq="10ms")
    local = Stream.of(values, times=index + pd.Timedelta("2h"), name="local")
    found = offset(Stream.of(values, times=index.tz_localize("UTC"), name="utc"), local)
    assert found.seconds == pytest.approx(-7200, abs=1e-4)
    assert "'local' shows local time" in found.notes[-1]
    assert not found.apply(local).is_local
    at_home = Stream.of(values, times=index + pd.Timedelta("2h"), zone="Europe/Berlin")
    assert not offset(Stream.of(values, times=index.tz_localize("UTC")), at_home).notes


def test_no_value_at_all() -> None:
    with pytest.raises(DataError, match="'second' has no value at all in its 100 samples"):
        offset(Stream.of(sampled(np.arange(100) / 100), rate=100), Stream.of([np.nan] * 100, rate=100))


@pytest.mark.parametrize("rate", ["4", 0, float("inf"), True, None])
def test_rates_that_are_none(rate: object) -> None:
    values = Stream.of(sampled(np.arange(100) / 100), rate=100)
    with pytest.raises(SettingError, match="rate"):
        pm.align.clock.resample(values, rate)
    with pytest.raises(SettingError, match="rate"):
        Stream.of([1.0, 2.0], rate=rate)


def test_both_are_drawn_where_they_lie_though_their_dates_start_apart() -> None:
    """The clock of the second shows a minute later than the first at its start, and is 40 s ahead."""
    whole = pd.date_range("2024-01-01", periods=4000, freq="20ms")
    late = pd.date_range("2024-01-01T00:01", periods=2000, freq="20ms")
    found = offset(pd.Series(MOVEMENT[:4000], index=whole), pd.Series(MOVEMENT[1000:3000], index=late))
    assert found.seconds == pytest.approx(-40, abs=1e-3)
    before, after = found.plot().axes[1:]
    for axes, start in ((before, 60), (after, 20)):
        drawn = [line.get_xdata() for line in axes.lines]
        assert drawn[0][0] == 0
        assert drawn[1][0] == pytest.approx(start, abs=1e-3)
    low, high = after.get_xlim()
    assert 20 < low < high < 60


def test_events_are_drawn_as_marks() -> None:
    claps = np.cumsum(RANDOM.exponential(2, 30))
    before, after = pm.align.clock.event_offset(claps, claps[5:25] - 7).plot().axes[1:]
    assert np.allclose(before.collections[1].get_positions(), claps[5:25] - 7)
    assert np.allclose(after.collections[1].get_positions(), claps[5:25])
