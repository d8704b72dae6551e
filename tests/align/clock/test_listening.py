"""Recordings of sound from files."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

import polymodal as pm
from polymodal.errors import DataError

clock = pm.align.clock


def test_two_microphones(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    scene = (8000 * random.normal(size=24_000).clip(-3, 3)).astype(np.int16)
    wavfile.write(tmp_path / "camera.wav", 8000, scene)
    wavfile.write(tmp_path / "microphone.wav", 8000, scene[4000:20_000])
    streams = [clock.sound_stream(tmp_path / f"{name}.wav", rate=8000) for name in ("camera", "microphone")]
    assert clock.offset(*streams, phase=True).seconds == pytest.approx(0.5, abs=1e-5)
    assert clock.read_sound(tmp_path / "camera.wav").shape == (48_000,)


def test_faults(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        clock.read_sound(tmp_path / "nowhere.wav")
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(DataError, match=r"text.wav: not a sound"):
        clock.read_sound(tmp_path / "text.wav")
