"""Drift between clocks: known lines, noise, jumps, and recordings that cannot tell."""

import numpy as np
import pytest
from scipy import stats
from scipy.interpolate import CubicSpline

import polymodal as pm
from polymodal.align.clock import _line
from polymodal.errors import DataError, SettingError

Stream, drift = pm.align.clock.Stream, pm.align.clock.drift
RANDOM = np.random.default_rng(0)
CURVE = CubicSpline(np.arange(20_000) / 50, np.convolve(RANDOM.normal(size=20_000), np.hanning(16), "same"))


def pair(seconds: float, ppm: float, noise: float = 0.0) -> tuple[pm.align.clock.Stream, pm.align.clock.Stream]:
    """Both at 50 samples a second; a time t of the second is t + seconds + ppm * (t - 150 s) of the first."""
    times = 10 + np.arange(15_000) / 50
    own = 20 + np.arange(14_000) / 50
    true = own + seconds + ppm * 1e-6 * (own - 150)
    values = [CURVE(one) for one in (times, true)]
    scale = noise * values[0].std()
    noisy = [one + scale * RANDOM.normal(size=len(one)) for one in values]
    return Stream.of(noisy[0], rate=50, start=10.0), Stream.of(noisy[1], rate=50, start=20.0)


@pytest.mark.parametrize("fit", ["theil-sen", "huber"])
def test_a_known_line(fit) -> None:
    first, second = pair(2.345, -80.0)
    found = drift(first, second, fit=fit)
    assert found.ppm == pytest.approx(-80, abs=0.2)
    assert found.offset_at(150.0) == pytest.approx(2.345, abs=2e-5)
    assert found.apply(150.0) == pytest.approx(152.345, abs=2e-5)
    moved = found.apply(second)
    assert moved.seconds[-1] == pytest.approx(second.seconds[-1] + 2.345 - 80e-6 * (second.seconds[-1] - 150), abs=1e-4)


def test_noise_widens_the_interval() -> None:
    first, second = pair(1.0, 60.0, noise=0.5)
    found = drift(first, second, window="30s")
    assert found.ppm == pytest.approx(60, abs=20)
    assert found.interval[0] < 60 < found.interval[1]
    assert found.offset_at(150.0) == pytest.approx(1.0, abs=3e-3)
    assert set(found.pieces.columns) == {"time", "seconds", "residual", "correlation", "used"}


def test_a_clock_that_jumps_is_told() -> None:
    first, second = pair(1.0, 0.0)
    seconds = second.seconds + np.where(second.seconds > 200, 0.06, 0.0)
    found = drift(first, second.moved(seconds), window=20)
    assert any("jumped" in note or "far off" in note for note in found.notes)
    assert len(found.plot().axes) == 3
    assert found.to_dict()["pieces"][0].keys() >= {"time", "seconds"}
    assert "ppm from there" in str(found)


def test_pieces_without_likeness_are_left_out() -> None:
    first, second = pair(0.5, 20.0)
    values = second.values.copy()
    values[4000:6500] = RANDOM.normal(size=(2500, 1)) * values.std()
    found = drift(first, Stream.of(values, rate=50, start=20.0), window=20)
    assert not found.pieces["used"].all()
    assert "left out" in " ".join(found.notes)
    assert found.ppm == pytest.approx(20, abs=1)


def test_faults() -> None:
    first, second = pair(0.0, 0.0)
    with pytest.raises(DataError, match=r"make 1; a drift needs at least 3"):
        drift(first, second, window=270)
    with pytest.raises(SettingError, match="Did you mean 'huber'"):
        drift(first, second, fit="hubert")
    with pytest.raises(SettingError, match="in ppm"):
        drift(first, second, max_drift=0)
    strange = Stream.of(RANDOM.normal(size=15_000), rate=50)
    with pytest.raises(DataError, match="a drift needs 3"):
        drift(first, strange, max_offset=1)


def test_lines_against_scipy_and_least_squares() -> None:
    x = RANDOM.uniform(0, 10, 40)
    y = 2 + 0.5 * x + 0.1 * RANDOM.normal(size=40)
    assert _line.theil_sen(x, y).slope == pytest.approx(stats.theilslopes(y, x)[0])
    plain = stats.linregress(x, y)
    assert _line.huber(x, y).slope == pytest.approx(plain.slope, abs=0.01)
    y[:6] += 50
    assert _line.huber(x, y).slope == pytest.approx(0.5, abs=0.05)
    assert _line.huber(x, y).low < 0.5 < _line.huber(x, y).high


def test_what_reads_an_offset_reads_a_drift() -> None:
    first, second = pair(2.0, 10.0)
    beats = np.cumsum(RANDOM.uniform(0.5, 1.5, 60))
    clock = pm.align.clock
    both = [
        (clock.offset(first, second), clock.drift(first, second, window=30)),
        (clock.event_offset(beats, beats - 3), clock.event_drift(beats, beats - 3)),
    ]
    for fixed, moving in both:
        assert set(fixed.to_dict()) < set(moving.to_dict())
        assert moving.offset_at([10.0, 20.0]) == pytest.approx(fixed.offset_at([10.0, 20.0]), abs=3e-3)
        assert moving.overlap == pytest.approx(fixed.overlap, rel=0.05)
        assert min(fixed.confidence, moving.confidence) > 0.4
        assert moving.correlation > 0.9
        assert {"seconds"} <= set(fixed.to_pandas()) & set(moving.to_pandas())
