"""Audio: a recording as a file, bytes or an array; one channel at one rate, seen as a mel spectrogram."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from PIL import Image as Pillow
from pydantic import Field as Setting

from polymodal.errors import SchemaError
from polymodal.modalities._majority import mostly
from polymodal.modalities._mel import centres, log_mel
from polymodal.modalities._paths import resolve
from polymodal.modalities._sound import SUFFIXES, from_array, looks_like_sound
from polymodal.modalities._soundtrack import sound_of
from polymodal.modalities.video import frames_and_times
from polymodal.registry import MODALITIES
from polymodal.schema.cells import Cells, Unreadable, decode_each
from polymodal.schema.modality import Modality, Statistics

if TYPE_CHECKING:
    from torch import Tensor

_THREADS = 4
_LEAST_SPREAD = 0.1  # in log power
_FARTHEST = 10.0  # spreads from the mean; a band that was silent in training may roar later
_SHOWN = (180, 48)


class AudioStatistics(Statistics):
    """Mean log power of each band and the spread of all, the middle of each in Hz, and frames of a long recording.

    One spread, so that a louder recording is higher by the same in every band.
    """

    mean: tuple[float, ...]
    std: float
    centres: tuple[float, ...]
    frames: int


@MODALITIES.register("audio")
class Audio(Modality):
    """A recording: a path below `files=` or the bytes of a WAV, FLAC, Ogg or MP3 file, or numbers `[T]`, `[T, C]`.

    Numbers come as `(array, rate)`, as `{"array": ..., "sampling_rate": ...}`, or alone and then at `rate`; integers
    are scaled by what their type holds. Channels are averaged, other rates are resampled to `rate` (samples a second),
    and of more than `max_seconds` the first are heard. Files need the extra `audio`; M4A, and videos, of which the
    sound is heard, the extra `video`. `of` names the column of a video whose sound it is, as in `{"clip": pm.Video(),
    "clip sound": pm.Audio(of="clip")}`; of a video without any it is absent, which is not silence.
    `pretrained` names a `transformers` model (hub name or folder) that embeds the recording, at its own rate.

    >>> frame = pd.DataFrame({"call": [(np.zeros(800, dtype=np.int16), 8000), None]})
    >>> cells = Audio().read("call", frame, None)
    >>> cells.state.tolist(), cells.samples[0].shape
    ([1, 0], (1600,))
    """

    kind: ClassVar[str] = "audio"
    reads_files: ClassVar[bool] = True
    encoder: str = "audio_convolution"
    rate: int = Setting(16_000, ge=1_000, le=192_000)
    max_seconds: float = Setting(30.0, gt=0, le=600)
    n_mels: int = Setting(64, ge=8, le=256)
    of: str | None = None

    @classmethod
    def recognises(cls, values: pd.Series, files: Path | None) -> str | None:
        seen = values.dropna().head(100).tolist()
        if not seen:
            return None
        if mostly(isinstance(one, str) and one.lower().endswith(SUFFIXES) for one in seen):
            return "paths of recordings"
        if mostly(isinstance(one, bytes) and looks_like_sound(one[:16]) for one in seen):
            return "bytes of recordings"
        if all((found := _array_and_rate(one)) is not None and found[0].ndim <= 2 for one in seen):
            return "arrays of sound with their rates"
        return None

    @property
    def beside(self) -> str | None:
        return self.of

    def resolve(self, name: str, frame: pd.DataFrame) -> Modality:
        if self.of == name:
            raise SchemaError(
                f"modality {name!r}: of= names the column of a video beside it, not its own; leave it out"
            )
        return super().resolve(name, frame)

    def read(self, name: str, frame: pd.DataFrame, files: Path | None) -> Cells:
        column = self.of or name
        raws = frame[column].tolist() if column in frame.columns else [None] * len(frame)
        return decode_each(raws, lambda raw: self._decode(raw, files), column=name, rows=frame.index, threads=_THREADS)

    @classmethod
    def statistics_kind(cls) -> type[AudioStatistics]:
        return AudioStatistics

    def measure(self, samples: Sequence[np.ndarray]) -> AudioStatistics:
        some = [samples[i] for i in np.linspace(0, len(samples) - 1, min(len(samples), 500)).astype(int)]
        spectrograms = [log_mel(sample, self.rate, self.n_mels) for sample in some]
        # Each recording counts alike, however long it is.
        means = np.array([one.mean(axis=0) for one in spectrograms] or np.zeros((1, self.n_mels)), dtype=np.float64)
        inside = np.array([one.var(axis=0) for one in spectrograms] or np.ones((1, self.n_mels)), dtype=np.float64)
        std = np.sqrt((inside.mean(axis=0) + means.var(axis=0)).mean())
        lengths = [len(one) for one in spectrograms] or [1]
        return AudioStatistics(
            mean=tuple(means.mean(axis=0).tolist()),
            std=max(float(std), _LEAST_SPREAD),
            centres=tuple(centres(self.rate, self.n_mels).tolist()),
            frames=int(np.quantile(lengths, 0.95)),
        )

    def prepare(self, sample: np.ndarray, statistics: AudioStatistics) -> np.ndarray:
        """`[frames, mels]` float32: log power of each band every 10 ms, standardised."""
        spectrogram = log_mel(sample, self.rate, len(statistics.mean))
        away = (spectrogram - np.array(statistics.mean)) / statistics.std
        return away.clip(-_FARTHEST, _FARTHEST).astype(np.float32)

    def collate(self, arrays: Sequence[np.ndarray], statistics: AudioStatistics) -> tuple[Tensor, Tensor | None]:
        """Standardised log power `[n, L, mels]`, zero beyond the end, and mask `[n, L]`."""
        import torch

        longest = max(len(array) for array in arrays)
        values = np.zeros((len(arrays), longest, len(statistics.mean)), dtype=np.float32)
        mask = np.zeros((len(arrays), longest), dtype=bool)
        for row, array in enumerate(arrays):
            values[row, : len(array)] = array
            mask[row, : len(array)] = True
        return torch.from_numpy(values), torch.from_numpy(mask)

    def html(self, sample: np.ndarray) -> str:
        spectrogram = log_mel(sample, self.rate, self.n_mels)
        low, high = float(spectrogram.min()), float(spectrogram.max())
        shades = 255 - 255 * (spectrogram - low) / (high - low or 1.0)
        picture = Pillow.fromarray(shades.T[::-1].round().astype(np.uint8))
        data = io.BytesIO()
        picture.resize(_SHOWN, Pillow.Resampling.BOX).save(data, format="PNG")
        seconds = f"{len(sample) / self.rate:.3g} s"
        return (
            f'<img class="sound" alt="spectrogram" title="0 to {self.rate / 2000:g} kHz" '
            f'src="data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"><small>{seconds}</small>'
        )

    @classmethod
    def example(cls, random: np.random.Generator) -> np.ndarray:
        turns = np.arange(int(random.integers(800, 4000))) / 16_000
        tone = np.sin(2 * np.pi * random.uniform(100, 4000) * turns) * random.uniform(0.1, 0.5)
        return (tone + 0.05 * random.normal(size=len(turns))).astype(np.float32)

    def _decode(self, raw: Any, files: Path | None) -> np.ndarray | None:
        if isinstance(raw, dict) and isinstance(raw.get("bytes"), bytes):
            raw = raw["bytes"]
        if isinstance(raw, (str, Path, bytes, bytearray, memoryview)):
            source = resolve(str(raw), files) if isinstance(raw, (str, Path)) else bytes(raw)
            sound = sound_of(source, self.rate, self.max_seconds)
            if sound is None and self.of is None:
                raise Unreadable("it is a video without sound", None if isinstance(source, bytes) else str(source))
            return sound
        if self.of is not None and frames_and_times(raw) is not None:
            return None
        array, rate = _array_and_rate(raw) or (_numbers(raw), float(self.rate))
        if array is None:
            raise Unreadable(
                f"sound is expected (path, bytes, (array, rate) or numbers [time]), {type(raw).__name__} came"
            )
        if not array.size:
            raise Unreadable("it holds no samples")
        return from_array(array, rate, self.rate, self.max_seconds)


def _array_and_rate(raw: Any) -> tuple[np.ndarray, float] | None:
    if isinstance(raw, dict):
        raw = (raw.get("array"), raw.get("sampling_rate"))
    if not isinstance(raw, tuple) or len(raw) != 2:
        return None
    array, rate = raw
    if isinstance(rate, (bool, np.bool_)) or not isinstance(rate, (int, float, np.integer, np.floating)):
        return None
    numbers = _numbers(array)
    return None if numbers is None else (numbers, float(rate))


def _numbers(raw: Any) -> np.ndarray | None:
    """A copy-free view of an array of numbers, or a list of them as one."""
    if not isinstance(raw, (np.ndarray, list, tuple)):
        return None
    try:
        array = np.asarray(raw)
    except ValueError:  # lists of unequal length
        return None
    return array if array.ndim and array.dtype.kind in "iuf" else None
