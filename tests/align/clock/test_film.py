"""Sound and pictures of claps, a known time apart."""

import numpy as np
import pytest

import polymodal as pm
from polymodal.errors import DataError, SettingError

picture_lag = pm.align.clock.picture_lag
RANDOM = np.random.default_rng(0)
CLAPS = np.cumsum(RANDOM.uniform(0.4, 1.1, 12))


def film(lag: float, frame_rate: float = 25.0, rate: int = 8000) -> tuple[np.ndarray, np.ndarray]:
    """A square that turns bright or dark at each clap; a burst that is heard `lag` seconds later; noise on both."""
    length = CLAPS[-1] + 1
    frames = RANDOM.integers(0, 6, (int(length * frame_rate), 16, 16, 3)).astype(np.uint8)
    sound = 0.01 * RANDOM.normal(size=int(length * rate))
    for clap in CLAPS:
        at = round(clap * frame_rate)
        frames[at:, 4:12, 4:12] = 200 - frames[at:, 4:12, 4:12]
        heard = max(0, round((clap + lag) * rate))
        sound[heard : heard + 500] += RANDOM.normal(size=500) * np.hanning(500) ** 0.25
    return frames, sound


@pytest.mark.parametrize("lag", [-0.32, 0.0, 0.21])
def test_a_known_lag_within_a_frame(lag: float) -> None:
    frames, sound = film(lag)
    found = picture_lag(frames, sound, frame_rate=25, sound_rate=8000)
    assert found.seconds == pytest.approx(-lag, abs=1 / 25)
    assert found.confidence > 0.3
    assert "the sound is" in found.notes[0]


def test_times_of_frames() -> None:
    frames, sound = film(0.1)
    times = 5 + np.arange(len(frames)) / 25
    assert picture_lag(frames, sound, times=times, sound_rate=8000, max_offset=10).seconds == pytest.approx(
        4.9, abs=0.04
    )


def test_faults() -> None:
    frames, sound = film(0.0)
    with pytest.raises(DataError, match="never change"):
        picture_lag(np.zeros((30, 4, 4)), sound, frame_rate=25, sound_rate=8000)
    with pytest.raises(DataError, match="silent throughout"):
        picture_lag(frames, np.zeros(8000), frame_rate=25, sound_rate=8000)
    with pytest.raises(DataError, match="frames are"):
        picture_lag(frames[0, 0], sound, frame_rate=25, sound_rate=8000)
    with pytest.raises(SettingError, match="sound_rate=10"):
        picture_lag(frames, sound, frame_rate=25, sound_rate=10)
    with pytest.raises(SettingError, match="needs times= or rate="):
        picture_lag(frames, sound, sound_rate=8000)
