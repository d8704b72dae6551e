"""Sound and pictures of claps, a known time apart."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

import polymodal as pm
from polymodal.errors import DataError, SettingError

film_lag, picture_lag = pm.align.clock.film_lag, pm.align.clock.picture_lag
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


def written(path: Path, frames: np.ndarray, sound: np.ndarray | None, begin: float = 0.0) -> Path:
    """A file of frames at 25 a second and of sound at 8 kHz, which begins later by the clock of the file."""
    av = pytest.importorskip("av", reason="the extra 'video' is not installed")
    with av.open(str(path), "w") as container:
        seen = container.add_stream("mpeg4", rate=25)
        seen.height, seen.width, seen.pix_fmt = 32, 32, "yuv420p"
        heard = container.add_stream("pcm_s16le", rate=8000, layout="mono") if sound is not None else None
        for picture in frames.repeat(2, axis=1).repeat(2, axis=2):
            container.mux(seen.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(seen.encode())
        if heard is not None and sound is not None:
            samples = (sound.clip(-3, 3)[None] * 10_000).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 8000, round(begin * 8000), Fraction(1, 8000)
            container.mux(heard.encode(frame))
            container.mux(heard.encode())
    return path


def test_a_film_and_its_sound(tmp_path: Path) -> None:
    frames, sound = film(0.21)
    path = written(tmp_path / "film.mkv", frames, sound)
    assert film_lag(path).seconds == pytest.approx(-0.21, abs=1 / 25)
    late = written(tmp_path / "late.mkv", frames, sound[4000:], begin=0.5)
    assert film_lag(late).seconds == pytest.approx(-0.21, abs=1 / 25)
    wavfile.write(tmp_path / "other.wav", 8000, (sound.clip(-3, 3) * 10_000).astype(np.int16))
    assert film_lag(path, tmp_path / "other.wav").seconds == pytest.approx(-0.21, abs=1 / 25)
    with pytest.raises(DataError, match=r"silent\.mkv has no sound; give the recording"):
        film_lag(written(tmp_path / "silent.mkv", frames[:30], None))
    with pytest.raises(DataError, match=r"other\.wav.*not a video"):
        film_lag(tmp_path / "other.wav")
    with pytest.raises(DataError, match="no such file"):
        film_lag(tmp_path / "nowhere.mkv")
