"""Ways in which a cell gets damaged: a flipped bit, the end cut off, another type."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PIL import Image

from polymodal.registry import MODALITIES

WAYS = ("flip", "cut", "type")
_OTHERS = (b"\x00\x01\x02\x03", "\u00a7 \u96e8 none of this", 3 + 4j, {"what": {"is": None}}, [[1, [2]], "x"], object())


def forms() -> dict[str, tuple[str, Callable[[np.random.Generator], Any], bool]]:
    """By name: the kind, a maker of random raw cells, and whether the form holds sums of its own."""
    found: dict[str, tuple[str, Callable[[np.random.Generator], Any], bool]] = {
        kind: (kind, MODALITIES.get(kind).example, False) for kind in MODALITIES.names()
    }
    found["image, PNG"] = ("image", lambda random: _picture(random, "PNG"), True)
    found["image, JPEG"] = ("image", lambda random: _picture(random, "JPEG"), False)
    found["audio, WAV"] = ("audio", lambda random: _sound(random, "WAV"), False)
    found["audio, FLAC"] = ("audio", lambda random: _sound(random, "FLAC"), True)
    found["volume, NIfTI in gzip"] = ("volume", _volume, True)
    return dict(sorted(found.items()))


def damaged(raw: Any, way: str, random: np.random.Generator) -> Any:
    """A raw cell after an accident, never equal to what it was; values within lists and dicts are hit at random."""
    if way == "type":
        strange = [one for one in _OTHERS if type(one) is not type(raw)]
        return strange[random.integers(len(strange))]
    return _flipped(raw, random) if way == "flip" else _cut(raw, random)


def flipped_bytes(data: bytes, random: np.random.Generator) -> bytes:
    """With one bit the other way round."""
    bit = int(random.integers(8 * len(data)))
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


def _flipped(raw: Any, random: np.random.Generator) -> Any:
    if isinstance(raw, bytes) and raw:
        return flipped_bytes(raw, random)
    if isinstance(raw, str) and raw:
        return flipped_bytes(raw.encode(), random).decode("utf-8", "replace")
    if isinstance(raw, np.ndarray) and raw.size and raw.dtype != object:
        flat = flipped_bytes(raw.tobytes(), random)
        return np.frombuffer(flat, dtype=raw.dtype).reshape(raw.shape).copy()
    if isinstance(raw, (float, np.floating)):
        changed = float(np.frombuffer(flipped_bytes(np.float64(raw).tobytes(), random), dtype=np.float64)[0])
        return _flipped(raw, random) if np.isnan(changed) else changed  # NaN is how frames say that nothing is there
    if isinstance(raw, (int, np.integer)) and not isinstance(raw, bool):
        return int(raw) ^ (1 << int(random.integers(40)))
    return _within(raw, random, _flipped)


def _cut(raw: Any, random: np.random.Generator) -> Any:
    if isinstance(raw, (bytes, str, list, np.ndarray)) and len(raw) > 1:
        return raw[: int(random.integers(1, len(raw)))]
    if isinstance(raw, Mapping) and len(raw) > 1:
        gone = list(raw)[int(random.integers(len(raw)))]
        return {key: one for key, one in raw.items() if key != gone}
    return _flipped(raw, random)  # a number has no end to be cut off


def _within(raw: Any, random: np.random.Generator, change: Callable[[Any, np.random.Generator], Any]) -> Any:
    if isinstance(raw, Mapping) and raw:
        key = list(raw)[int(random.integers(len(raw)))]
        return {**raw, key: change(raw[key], random)}
    if isinstance(raw, (list, tuple)) and len(raw):
        place = int(random.integers(len(raw)))
        return type(raw)([*raw[:place], change(raw[place], random), *raw[place + 1 :]])
    return _OTHERS[0]


def _picture(random: np.random.Generator, form: str) -> bytes:
    coarse = Image.fromarray(random.integers(0, 256, (6, 6, 3), dtype=np.uint8))
    data = io.BytesIO()
    coarse.resize((48, 40), Image.Resampling.BICUBIC).save(data, format=form)
    return data.getvalue()


def _sound(random: np.random.Generator, form: str) -> bytes:
    import soundfile

    data = io.BytesIO()
    wave = MODALITIES.get("audio").example(random)
    soundfile.write(data, wave, 16_000, format=form)
    return data.getvalue()


def _volume(random: np.random.Generator) -> bytes:
    import gzip

    import nibabel

    volume = nibabel.Nifti1Image(random.integers(0, 1000, (6, 7, 5)).astype(np.int16), np.eye(4))
    return gzip.compress(volume.to_bytes(), compresslevel=1, mtime=0)
