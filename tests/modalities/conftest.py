"""Videos made on the spot, by encoders of FFmpeg itself."""

import io
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest


def film(
    pictures: Sequence[np.ndarray],
    rate: int = 10,
    *,
    kind: str = "mp4",
    codec: str = "mpeg4",
    format: str = "yuv420p",
    times: Sequence[float] | None = None,
    key_every: int = 12,
    sound: np.ndarray | None = None,
    setup: Callable[[Any], None] = lambda stream: None,
) -> bytes:
    """Pictures `[H, W, 3|4]` and sound `[T]` at 16 kHz as the bytes of a file; `times` are in seconds."""
    av = pytest.importorskip("av", reason="the extra 'video' is not installed")
    data = io.BytesIO()
    with av.open(data, "w", format=kind) as container:
        if len(pictures):
            stream = container.add_stream(codec, rate=rate)
            stream.height, stream.width = pictures[0].shape[:2]
            stream.pix_fmt, stream.gop_size, stream.max_b_frames = format, key_every, 0
            stream.codec_context.time_base = Fraction(1, 1000 if times else rate)
            setup(stream)
        heard = (
            container.add_stream("pcm_s16le" if kind in ("mov", "avi") else "aac", rate=16_000, layout="mono")
            if (sound is not None)
            else None
        )
        for place, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgba" if picture.shape[2] == 4 else "rgb24")
            frame = frame.reformat(format=format)
            frame.pts = round(times[place] * 1000) if times else place
            frame.time_base = stream.codec_context.time_base
            container.mux(stream.encode(frame))
        if len(pictures):
            container.mux(stream.encode())
        if heard is not None and sound is not None:
            for start in range(0, len(sound), 1024):
                part = (sound[None, start : start + 1024] * 32767).astype(np.int16)
                frame = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
                frame.sample_rate, frame.pts, frame.time_base = 16_000, start, Fraction(1, 16_000)
                container.mux(heard.encode(frame))
            container.mux(heard.encode())
    return data.getvalue()


def shades(n: int, height: int = 32, width: int = 48) -> list[np.ndarray]:
    """Pictures of one shade each, 20, 40, 60 and so on."""
    return [np.full((height, width, 3), 20 + 20 * place, dtype=np.uint8) for place in range(n)]


@pytest.fixture(name="film", scope="session")
def _film() -> Callable[..., bytes]:
    """Makes a video of pictures; see `film`."""
    return film


@pytest.fixture(name="shades", scope="session")
def _shades() -> Callable[..., list[np.ndarray]]:
    """Makes pictures of one shade each; see `shades`."""
    return shades
