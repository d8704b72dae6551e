"""Sound from a file, bytes or an array: one channel at one rate, no longer than asked, refused when cut off."""

from __future__ import annotations

import io
import math
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import resample_poly

from polymodal.errors import MissingExtraError
from polymodal.schema.cells import Unreadable

SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a")
_CUT_WAV = re.compile(r"^data\s*:\s*(\d+)\s*\(should be (\d+)\)", re.MULTILINE)
_STREAMED = 0xFFFFFF00  # length that a WAV file states when its end was not known as it was begun
_MOST_SAMPLES = 1 << 27  # decoded at once, over all channels: half a gigabyte
_FASTEST = 1_000_000
_MOST_CHANNELS = 64
_FINEST = 2000  # denominator of the ratio of two rates; beyond it a filter is long and nothing is heard
_MP3_LOSS = 0.05  # share of an MP3 that may be missing: its length is often an estimate


def looks_like_sound(start: bytes) -> bool:
    """Whether bytes begin as WAV, FLAC, Ogg or MP3 do.

    >>> looks_like_sound(b"fLaC\\0\\0"), looks_like_sound(b"RIFF\\0\\0\\0\\0WEBP")
    (True, False)
    """
    if start[:4] in (b"RIFF", b"RF64"):
        return start[8:12] == b"WAVE"
    is_mp3_frame = len(start) > 2 and start[0] == 0xFF and start[1] & 0xE6 in (0xE2, 0xE4, 0xE6) and start[2] < 0xF0
    return start[:4] in (b"fLaC", b"OggS") or start[:3] == b"ID3" or is_mp3_frame


def from_file(source: Path | bytes, rate: int, longest: float) -> np.ndarray:
    """The first `longest` seconds of a file or its bytes as `[T]` float32 at `rate`.

    Raises Unreadable when it is no sound, cut off, damaged or too large; MissingExtraError without `soundfile`.
    """
    try:
        import soundfile
    except ImportError as error:
        raise MissingExtraError("reading files of sound", "audio") from error
    path = str(source) if isinstance(source, Path) else None
    try:
        _check_start(source, path)
        with soundfile.SoundFile(io.BytesIO(source) if isinstance(source, bytes) else path) as file:
            wanted = _wanted(file, longest, path)
            samples = file.read(wanted, dtype="float32", always_2d=True)
            _check_whole(file, wanted, len(samples), path)
            return from_array(samples, file.samplerate, rate, longest, path)
    except (OSError, RuntimeError, TypeError, ValueError) as error:  # libsndfile's are RuntimeErrors
        reason = str(error).rpartition(": ")[2] or type(error).__name__
        raise Unreadable(f"not a readable sound: {reason}", path) from error


def from_array(
    samples: np.ndarray, given_rate: float, rate: int, longest: float, path: str | None = None
) -> np.ndarray:
    """Numbers `[T]` or `[T, C]` as `[T']` float32 at `rate`: the mean of the channels, integers scaled to -1 to 1.

    Raises Unreadable for other shapes, NaN, infinity, and rates that cannot be.

    >>> from_array(np.full((4, 2), 16384, dtype=np.int16), 8000, 16000, 1.0).shape
    (8,)
    """
    if not (math.isfinite(given_rate) and 1 <= given_rate <= _FASTEST):
        raise Unreadable(f"a rate lies between 1 and {_FASTEST:,} samples a second, {given_rate:g} came", path)
    if samples.ndim not in (1, 2) or (samples.ndim == 2 and samples.shape[1] > _MOST_CHANNELS):
        raise Unreadable(
            f"sound is [time] or [time, channels], at most {_MOST_CHANNELS} channels; {list(samples.shape)} came", path
        )
    if not np.issubdtype(samples.dtype, np.number) or np.iscomplexobj(samples):
        raise Unreadable(f"sound is made of real numbers, {samples.dtype} came", path)
    samples = samples[: math.ceil(longest * given_rate)]
    if samples.size > _MOST_SAMPLES:
        raise Unreadable(f"{samples.size:,} values are over the limit of {_MOST_SAMPLES:,}; make it shorter", path)
    signal = _scaled(samples)
    if signal.ndim == 2:
        signal = signal.mean(axis=1)
    beyond = ~(np.abs(signal) <= np.finfo(np.float32).max)
    if beyond.any():
        raise Unreadable(f"{int(beyond.sum())} of {len(signal)} samples are NaN, infinite or too large", path)
    return _resampled(signal, given_rate, rate)[: max(1, round(longest * rate))].astype(np.float32)


def _scaled(samples: np.ndarray) -> np.ndarray:
    """Float64; integers as recorders write them are scaled by what their type can hold."""
    wide = samples.astype(np.float64)
    if samples.dtype == np.uint8:
        return (wide - 128) / 128
    if samples.dtype in (np.int8, np.int16, np.int32):
        return wide / -float(np.iinfo(samples.dtype).min)
    return wide


def _resampled(signal: np.ndarray, given_rate: float, rate: int) -> np.ndarray:
    ratio = (Fraction(rate) / Fraction(given_rate)).limit_denominator(_FINEST)
    if ratio == 1 or not len(signal):
        return signal
    resampled: np.ndarray = resample_poly(signal, ratio.numerator, ratio.denominator)
    return resampled


def _check_start(source: Path | bytes, path: str | None) -> None:
    if isinstance(source, bytes):
        start = source[:16]
    else:
        with source.open("rb") as file:
            start = file.read(16)
    if not start:
        raise Unreadable("the file is empty", path)
    if not looks_like_sound(start):
        raise Unreadable("not a sound: WAV, FLAC, Ogg and MP3 are read, and this begins as none of them", path)


def _wanted(file: Any, longest: float, path: str | None) -> int:
    """How many samples of each channel are to be decoded; what a header says is checked before anything is."""
    if file.frames <= 0:
        raise Unreadable("it holds no samples, or its end is missing", path)
    if file.channels > _MOST_CHANNELS or not 1 <= file.samplerate <= _FASTEST:
        raise Unreadable(f"{file.channels} channels at {file.samplerate:,} samples a second are too many", path)
    wanted = min(file.frames, math.ceil(longest * file.samplerate))
    if wanted * file.channels > _MOST_SAMPLES:
        raise Unreadable(f"{wanted:,} samples of {file.channels} channels are too many at once", path)
    return wanted


def _check_whole(file: Any, wanted: int, heard: int, path: str | None) -> None:
    stated = _CUT_WAV.search(file.extra_info)
    if stated and int(stated[2]) < int(stated[1]) < _STREAMED:
        raise Unreadable(f"it is cut off: {stated[1]} bytes of sound are announced, {stated[2]} are there", path)
    if heard < wanted * (1 - _MP3_LOSS if file.format == "MP3" else 1):
        raise Unreadable(f"it is cut off: {wanted} samples are announced, {heard} are there", path)
