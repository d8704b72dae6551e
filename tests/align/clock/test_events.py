"""Offset and drift from event times, with some missing and some wrong."""

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import DataError

event_offset, event_drift = pm.align.clock.event_offset, pm.align.clock.event_drift
RANDOM = np.random.default_rng(0)
EVENTS = np.cumsum(RANDOM.exponential(1.0, 500))


def seen(share: float = 0.8, wrong: int = 60, jitter: float = 0.002) -> np.ndarray:
    kept = EVENTS[RANDOM.random(len(EVENTS)) < share]
    return np.sort(
        np.concatenate([kept + jitter * RANDOM.normal(size=len(kept)), RANDOM.uniform(0, EVENTS[-1], wrong)])
    )


@pytest.mark.parametrize("shift", [-140.0, 0.25, 33.3])
def test_a_known_shift_with_events_missing_and_wrong(shift: float) -> None:
    found = event_offset(seen(), seen() - shift, tolerance="10ms")
    assert found.seconds == pytest.approx(shift, abs=1e-3)
    assert found.confidence > 0.5
    assert not found.notes


@pytest.mark.parametrize("ppm", [-150.0, 0.0, 90.0])
def test_a_known_drift(ppm: float) -> None:
    own = seen()
    found = event_drift(seen(), (own - 8) / (1 + ppm * 1e-6))
    assert found.ppm == pytest.approx(ppm, abs=2)
    assert found.apply(np.array([100.0])) == pytest.approx(8 + 100 * (1 + ppm * 1e-6), abs=2e-3)
    assert found.interval[0] - 1 < ppm < found.interval[1] + 1


def test_even_steps_are_ambiguous() -> None:
    beats = np.arange(50) * 0.8
    found = event_offset(beats, beats + 3)
    assert found.confidence < 0.1
    assert "ambiguous" in found.notes[0]
    assert "ambiguous" in event_drift(beats, beats + 3).notes[0]


def test_dates_and_duplicates() -> None:
    first = pd.to_datetime("2024-05-01") + pd.to_timedelta(EVENTS[:50], unit="s")
    found = event_offset([*first, first[0], pd.NaT], first + pd.Timedelta("90s"))
    assert found.seconds == pytest.approx(-90, abs=1e-6)
    found.plot()


def test_drift_of_dates_moves_a_stream_of_them() -> None:
    start = pd.Timestamp("2024-05-01", tz="UTC")
    own = seen()
    first = start + pd.to_timedelta(own, unit="s")
    second = start + pd.to_timedelta(3600 + own / (1 + 50e-6), unit="s")
    found = event_drift(first, second)
    assert found.ppm == pytest.approx(50, abs=1)
    moved = found.apply(pm.align.clock.Stream.of(np.ones(len(second)), times=second))
    assert np.abs((moved.to_pandas()["time"].dt.tz_localize("UTC") - pd.Series(first)).dt.total_seconds()).max() < 2e-3


def test_faults() -> None:
    with pytest.raises(DataError, match="the second side has 2 events"):
        event_offset([1, 2, 3], [1, 2])
    with pytest.raises(DataError, match="within max_offset=1"):
        event_offset([1, 2, 3], [11, 12, 13], max_offset=1)
    with pytest.raises(DataError, match="'first' has dates and 'second' counts"):
        event_offset(pd.date_range("2024", periods=5), [1, 2, 3])
    with pytest.raises(DataError, match="have a partner within"):
        event_drift(EVENTS[:20], EVENTS[100:120] * 3.7, tolerance=1e-6, max_drift=1)
