"""Recordings of sound from files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from polymodal.align.clock.stream import Stream
from polymodal.errors import DataError
from polymodal.modalities._sound import from_file
from polymodal.schema.cells import Unreadable

RATE = 16_000
LONGEST = 3600.0


def read_sound(path: str | os.PathLike[str], rate: int = RATE, longest: float = LONGEST) -> np.ndarray:
    """`[samples]` float32 of a WAV, FLAC, Ogg or MP3 file at `rate` a second, no more than `longest` seconds.

    Raises DataError for a file that is not there, is no sound, or is damaged; MissingExtraError without the
    extra `audio`.
    """
    if not Path(path).is_file():
        raise DataError(f"no such file: {path}")
    try:
        return from_file(Path(path), rate, longest)
    except Unreadable as error:
        raise DataError(f"{path}: {error}") from error


def sound_stream(path: str | os.PathLike[str], rate: int = RATE, longest: float = LONGEST) -> Stream:
    """A recording as a Stream that starts at 0 seconds. Raises what `read_sound` raises."""
    return Stream.of(read_sound(path, rate, longest), rate=rate, name=Path(path).stem)
