"""Recordings of every sort come out as one channel at one rate, or are named as unreadable."""

import io
import json
import re
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import MissingExtraError
from polymodal.modalities.audio import Audio, AudioStatistics
from polymodal.schema.cells import Cells, State

RATE = 16_000
TONE = 0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / RATE)
FORMATS = [("WAV", "PCM_16"), ("WAV", "FLOAT"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", None)]


def read(*raws: Any, files: Path | None = None, **settings: Any) -> Cells:
    cells = np.empty(len(raws), dtype=object)
    for position, raw in enumerate(raws):
        cells[position] = raw
    return Audio(**settings).read("call", pd.DataFrame({"call": cells}), files)


def encoded(samples: np.ndarray, rate: int = RATE, kind: str = "WAV", coding: str | None = None) -> bytes:
    soundfile = pytest.importorskip("soundfile", reason="the extra 'audio' is not installed")
    data = io.BytesIO()
    soundfile.write(data, samples, rate, format=kind, subtype=coding)
    return data.getvalue()


def reason(cells: Cells) -> str:
    assert cells.state.tolist() == [State.UNREADABLE]
    return cells.faults[0].reason


def pitch(sample: np.ndarray) -> float:
    return float(np.abs(np.fft.rfft(sample * np.hanning(len(sample)))).argmax() * RATE / len(sample))


@pytest.mark.parametrize(("kind", "coding"), FORMATS)
def test_files_and_bytes_of_each_format(kind: str, coding: str | None, tmp_path: Path) -> None:
    data = encoded(TONE, kind=kind, coding=coding)
    (tmp_path / "tone.any").write_bytes(data)  # what it is, is told by what is in it
    from_bytes, from_path, asked = read(data, "tone.any", {"bytes": data, "path": None}, files=tmp_path).samples
    np.testing.assert_array_equal(from_bytes, from_path)
    np.testing.assert_array_equal(from_bytes, asked)
    assert from_bytes.dtype == np.float32
    assert abs(len(from_bytes) - len(TONE)) < 1200
    assert pitch(from_bytes) == pytest.approx(440, abs=5)
    if coding in ("PCM_16", "FLOAT"):
        np.testing.assert_allclose(from_bytes, TONE, atol=1e-4)


@pytest.mark.parametrize("rate", [8000, 11_025, 22_050, 44_100, 48_000, 44_101])
def test_another_rate_is_the_same_tone(rate: int) -> None:
    samples = np.sin(2 * np.pi * 440 * np.arange(rate // 2) / rate)
    (sample,) = read((samples, rate)).samples
    assert len(sample) == pytest.approx(8000, abs=1)
    np.testing.assert_allclose(sample[800:7200], (2 * TONE)[800:7200], atol=0.01)


def test_what_the_lower_rate_cannot_hold_does_not_fold_back() -> None:
    (sample,) = read((np.sin(2 * np.pi * 15_000 * np.arange(24_000) / 48_000), 48_000)).samples
    assert np.abs(sample[800:-800]).max() < 0.01


def test_channels_are_averaged_and_integers_scaled() -> None:
    both = np.stack([np.full(500, 16384), np.full(500, -8192)], axis=1).astype(np.int16)
    byte = np.full(500, 192, dtype=np.uint8)
    (mixed, one, given) = read((both, RATE), (byte, RATE), {"array": [0.25] * 500, "sampling_rate": RATE}).samples
    np.testing.assert_allclose(mixed, 0.125)
    np.testing.assert_allclose(one, 0.5)
    np.testing.assert_allclose(given, 0.25)


def test_numbers_alone_are_at_the_rate_of_the_settings() -> None:
    assert [len(one) for one in read(TONE, list(TONE), rate=8000).samples] == [8000, 8000]


def test_the_first_seconds_of_a_long_one_are_heard() -> None:
    long = np.concatenate([TONE, np.zeros(80_000)])
    for raw in (encoded(long), (long, RATE)):
        (sample,) = read(raw, max_seconds=0.5).samples
        np.testing.assert_allclose(sample, TONE, atol=1e-4)


@pytest.mark.parametrize("raw", [np.zeros(5000), np.zeros(1), np.ones((1, 2), dtype=np.int16), np.full(7, 1e30)])
def test_silence_and_a_single_sample_are_sounds(raw: np.ndarray) -> None:
    kind = Audio()
    cells = read(raw)
    assert cells.state.tolist() == [State.PRESENT]
    statistics = kind.measure(cells.samples)
    array = kind.prepare(cells.samples[0], statistics)
    assert array.dtype == np.float32
    assert array.shape[1] == 64
    assert np.isfinite(array).all()
    assert "<img" in kind.html(cells.samples[0])


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (np.array([0.0, np.nan, np.inf]), "2 of 3 samples are NaN, infinite or too large"),
        ((np.zeros(10), 0), "a rate lies between"),
        ((np.zeros(10), float("nan")), "a rate lies between"),
        (np.zeros((2, 16_000)), r"at most 64 channels; \[2, 16000\] came"),
        (np.zeros((2, 2, 2)), r"\[time\] or \[time, channels\]"),
        (np.zeros(5, dtype=complex), "sound is expected"),
        (["a", "b"], "sound is expected"),
        (3.0, "sound is expected .* float came"),
        ((np.zeros(0), RATE), "no samples"),
        (b"", "the file is empty"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "not a sound: WAV, FLAC, Ogg and MP3"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "not a readable sound"),
        (b"MATLAB 5.0 MAT-file", "not a sound"),
    ],
)
def test_what_is_no_sound_is_said_so(raw: Any, said: str) -> None:
    if isinstance(raw, bytes):
        pytest.importorskip("soundfile")
    assert re.search(said, reason(read(raw)))


def test_broken_files_are_named_by_row_and_path(tmp_path: Path) -> None:
    good = encoded(TONE)
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "picture.wav").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    (tmp_path / "good.wav").write_bytes(good)
    names = ["empty.wav", "good.wav", "picture.wav", "gone.wav", "../out.wav", "http://example.org/a.wav"]
    cells = read(*names, files=tmp_path)
    assert cells.state.tolist() == [2, 1, 2, 2, 2, 2]
    assert [fault.row for fault in cells.faults] == [0, 2, 3, 4, 5]
    assert [fault.path for fault in cells.faults[:2]] == [str(tmp_path / "empty.wav"), str(tmp_path / "picture.wav")]


@pytest.mark.parametrize(("kind", "coding"), FORMATS)
@pytest.mark.parametrize("share", [0.8, 0.4, 0.01])
def test_a_file_that_is_cut_off_is_no_shorter_sound(kind: str, coding: str | None, share: float, capfd: Any) -> None:
    noise = np.random.default_rng(0).normal(size=16_000) * 0.1
    data = encoded(noise, kind=kind, coding=coding)
    assert reason(read(data[: int(len(data) * share)]))


def test_a_wav_file_of_a_stream_states_no_length() -> None:
    data = bytearray(encoded(TONE, coding="PCM_16"))
    place = data.index(b"data") + 4
    data[place : place + 4] = data[4:8] = struct.pack("<I", 0xFFFFFFFF)
    (sample,) = read(bytes(data)).samples
    np.testing.assert_allclose(sample, TONE, atol=1e-4)


def test_a_header_is_believed_only_within_bounds() -> None:
    data = bytearray(encoded(np.zeros(100)))
    data[24:28] = struct.pack("<I", 2_000_000_000)
    assert "too many" in reason(read(bytes(data)))


def test_without_the_extra_the_line_that_installs_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'polymodal\[audio\]'"):
        read(b"fLaC" + bytes(20))
    assert read(TONE).state.tolist() == [State.PRESENT]


@pytest.mark.parametrize(
    ("raws", "said"),
    [
        (["a.wav", "b/c.FLAC", "d.mp3", None], "paths of recordings"),
        ([b"RIFF\0\0\0\0WAVE", b"OggS\0\0"], "bytes of recordings"),
        ([(TONE, 16_000), (TONE[:50], 8000)], "arrays of sound with their rates"),
        ([{"array": TONE, "sampling_rate": 8000}], "arrays of sound with their rates"),
        ([TONE, TONE[:50]], None),  # a series, unless said otherwise
        ([b"\x89PNG\r\n\x1a\n"], None),
        (["good.", "wav"], None),
        ([], None),
    ],
)
def test_what_is_recognised(raws: list[Any], said: str | None) -> None:
    assert Audio.recognises(pd.Series(raws, dtype=object), None) == said


def test_a_table_infers_it_from_bytes_although_pictures_are_asked_first() -> None:
    data = [encoded(TONE[: 400 + row]) for row in range(12)]
    table = pm.Table.read({"call": data, "kind": ["a", "b"] * 6}, target="kind")
    assert table.schema.modalities["call"].kind == "audio"


def test_statistics_survive_json_and_standardise() -> None:
    kind = Audio(n_mels=20)
    random = np.random.default_rng(0)
    samples = [random.normal(size=4000).astype(np.float32) for _ in range(5)]
    statistics = kind.measure(samples)
    assert AudioStatistics.model_validate(json.loads(statistics.model_dump_json())) == statistics
    stacked = np.concatenate([kind.prepare(one, statistics) for one in samples])
    np.testing.assert_allclose(stacked.mean(axis=0), 0, atol=1e-3)
    assert stacked.std() == pytest.approx(1, abs=0.02)


def test_short_and_long_ones_are_packed_with_a_mask() -> None:
    kind = Audio()
    statistics = kind.measure([TONE])
    values, mask = kind.collate([kind.prepare(one, statistics) for one in (TONE, TONE[:1])], statistics)
    assert values.shape == (2, 49, 64)
    assert mask is not None
    assert mask.sum(dim=1).tolist() == [49, 1]
    assert not values[1, 1:].any()
