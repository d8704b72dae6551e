"""By how much the sound of a film is ahead of its pictures: what is loud of a sudden, and what moves of a sudden."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from polymodal.align._wording import duration
from polymodal.align.clock.lag import Offset, offset
from polymodal.align.clock.lengths import samples_a_second
from polymodal.align.clock.listening import LONGEST, read_sound
from polymodal.align.clock.stream import Stream
from polymodal.errors import DataError
from polymodal.modalities._frames import each_frame
from polymodal.modalities._soundtrack import begin_of_sound, sound_of
from polymodal.schema.cells import Unreadable

RATE = 100.0  # of the loudness, a second
SOUND_RATE = 16_000
_SIDE = 96  # pixels at which a film is watched
_FRAME = 0.02  # seconds that a measure of loudness looks at
_FLOOR = 1e-6  # of the greatest power, taken for silence


def picture_lag(
    frames: Any,
    sound: Any,
    *,
    frame_rate: float | None = None,
    times: Any = None,
    sound_rate: float,
    max_offset: object = "2s",
) -> Offset:
    """The offset between sound and pictures, for scenes in which what is seen to move is heard: claps, steps, lips.

    Sudden rises of loudness are compared with sudden changes of the picture by `offset`; nothing is learnt, so that it
    takes some seconds with a few clear events.

    Args:
        frames: `[T, height, width]` or `[T, height, width, colours]`, at `frame_rate` a second or at `times` in
        seconds.
        sound: `[samples]` or `[samples, channels]`, at `sound_rate` a second.
        max_offset: sound and pictures are no further apart: seconds, or text such as "500ms".

    `seconds` is to be added to times of the sound; above 0 the sound comes too early. Raises DataError for pictures
    that never change, silence, and shapes that do not fit, SettingError for rates that are none.

    >>> frames, sound = np.zeros((50, 4, 4)), np.zeros(16_000)
    >>> for seen, heard in ((0.4, 0.5), (0.8, 0.9), (1.5, 1.6)):
    ...     frames[round(seen * 25) :] += 1.0
    ...     sound[round(heard * 8000) :][:400] = 1.0
    >>> round(picture_lag(frames, sound, frame_rate=25, sound_rate=8000).seconds, 2)
    -0.1
    """
    return _lag(_change(frames, frame_rate, times), _rise(sound, sound_rate), max_offset)


def film_lag(
    film: str | os.PathLike[str],
    sound: str | os.PathLike[str] | None = None,
    *,
    max_offset: object = "2s",
    longest: float = LONGEST,
) -> Offset:
    """The offset between the pictures of a film and its sound, or another recording that was started with it.

    `picture_lag` for files: frames are read one after the other at no more than 96 pixels, up to `longest` seconds. Of
    a film's own sound, when it begins by the clock of the file is allowed for.

    Raises DataError for files that are not there, damaged or without what is needed and what `picture_lag` raises,
    MissingExtraError without the extra `video`.
    """
    path = Path(film)
    if not path.is_file():
        raise DataError(f"no such file: {path}")
    try:
        times, change = _watched(each_frame(path, _SIDE, longest))
        samples = sound_of(path, SOUND_RATE, longest) if sound is None else read_sound(sound, SOUND_RATE, longest)
        begin = begin_of_sound(path) if sound is None else times[0]
    except Unreadable as error:
        raise DataError(f"{path}: {error}") from error
    if samples is None:
        raise DataError(f"{path} has no sound; give the recording that belongs to it")
    return _lag(_moving(change, None, times), _rise(samples, SOUND_RATE, begin), max_offset)


def _lag(moving: Stream, heard: Stream, max_offset: object) -> Offset:
    found = offset(moving, heard, max_offset=max_offset)
    way = "early" if found.seconds > 0 else "late"
    told = f"the sound is {duration(abs(found.seconds))} {way}" if round(found.seconds, 3) else "the sound is in time"
    return replace(found, notes=(told, *found.notes))


def _watched(frames: Iterable[tuple[float, np.ndarray]]) -> tuple[list[float], np.ndarray]:
    """When each frame is seen, and how much it differs from the one before; one at a time, as a film is large."""
    times, change = [], []
    before: np.ndarray | None = None
    for time, picture in frames:
        now = picture.astype(np.float64)
        times.append(time)
        change.append(0.0 if before is None else float(np.abs(now - before).mean()))
        before = now
    return times, np.array(change)


def _change(frames: Any, rate: float | None, times: Any) -> Stream:
    """How much each frame differs from the one before, more than usual."""
    pictures = np.asarray(frames)
    if pictures.ndim not in (3, 4) or len(pictures) < 2 or pictures.dtype.kind not in "uif":
        raise DataError(
            f"frames are [time, height, width] or [time, height, width, colours], two at least; {pictures.shape} came"
        )
    return _moving(_watched(zip(range(len(pictures)), pictures, strict=True))[1], rate, times)


def _moving(change: np.ndarray, rate: float | None, times: Any) -> Stream:
    if not np.isfinite(change).all():
        raise DataError("the pictures hold values that are NaN or infinite")
    if change.max() == 0:
        raise DataError(f"the pictures never change over {len(change)} frames; nothing can be heard to happen")
    return Stream.of(_sudden(change), rate=rate, times=times, name="pictures")


def _rise(sound: Any, rate: float, begin: float = 0.0) -> Stream:
    """How much louder it gets, in decibels, more than usual."""
    rate = samples_a_second(rate, "sound_rate", RATE)
    samples = np.asarray(sound, dtype=np.float64)
    samples = samples.mean(axis=1) if samples.ndim == 2 else samples
    if samples.ndim != 1 or len(samples) < rate * 0.2 or not np.isfinite(samples).all():
        raise DataError(f"sound is [samples] of finite numbers, 0.2 s at least; {samples.shape} came")
    summed = np.concatenate([[0.0], np.cumsum(samples**2)])
    middles = np.arange(int(len(samples) / rate * RATE)) / RATE * rate
    half = _FRAME / 2 * rate
    low, high = np.rint(middles - half).clip(0).astype(int), np.rint(middles + half).clip(max=len(samples)).astype(int)
    power = (summed[high] - summed[low]) / np.maximum(high - low, 1)
    if power.max() <= 0:
        raise DataError("the recording is silent throughout")
    level = 10 * np.log10(np.maximum(power, power.max() * _FLOOR))
    return Stream.of(_sudden(np.diff(level, prepend=level[0]).clip(0)), rate=RATE, start=begin, name="sound")


def _sudden(values: np.ndarray) -> np.ndarray:
    """Above the median, and compressed, so that no single event decides."""
    return np.sqrt((values - np.median(values)).clip(0))
