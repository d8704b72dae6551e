"""The sound of a video, and of other files that FFmpeg reads: one channel at one rate, or none."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from polymodal.modalities._container import format_of, opened, strictly
from polymodal.modalities._sound import from_array, from_file
from polymodal.schema.cells import Unreadable

if TYPE_CHECKING:
    from av.container import InputContainer

_START = 400


def sound_of(source: Path | bytes, rate: int, longest: float) -> np.ndarray | None:
    """The first `longest` seconds of a file of sound or video as `[T]` float32 at `rate`; None for a video without.

    Raises Unreadable when it is neither, cut off, damaged or too large; MissingExtraError without what reads it.
    """
    if not _is_film(source):
        return from_file(source, rate, longest)
    with opened(source, "video") as container:
        if not container.streams.audio:
            if not container.streams.video:
                raise Unreadable("there are neither pictures nor sound in it")
            return None
        return _decoded(container, rate, longest)


def begin_of_sound(source: Path | bytes) -> float:
    """Seconds by the clock of a film at which its sound begins; 0 for sound alone. Raises what `sound_of` does."""
    if not _is_film(source):
        return 0.0
    with opened(source, "video") as container:
        if not container.streams.audio:
            return 0.0
        stream = container.streams.audio[0]
        return float((stream.start_time or 0) * (stream.time_base or 0))


def _is_film(source: Path | bytes) -> bool:
    if isinstance(source, bytes):
        return format_of(source[:_START]) not in (None, "gif")
    try:
        with source.open("rb") as file:
            return format_of(file.read(_START)) not in (None, "gif")
    except OSError as error:
        raise Unreadable(f"the file cannot be read: {error.strerror or error}", str(source)) from error


def _decoded(container: InputContainer, rate: int, longest: float) -> np.ndarray | None:
    import av

    stream: Any = strictly(container.streams.audio[0])
    plain = av.AudioResampler(format="fltp")
    parts: list[np.ndarray] = []
    given, heard = stream.codec_context.sample_rate, 0
    for packet in container.demux(stream):
        for frame in packet.decode():
            if packet.is_corrupt or frame.is_corrupt:
                raise Unreadable("its sound is damaged")
            for one in plain.resample(frame):
                parts.append(one.to_ndarray())
                given, heard = one.sample_rate, heard + one.samples
        if heard >= math.ceil(longest * given):
            break
    if not heard:
        if stream.frames:
            raise Unreadable("its sound cannot be decoded")
        return None
    return from_array(np.concatenate(parts, axis=1).T, given, rate, longest)
