"""Video: moving pictures as a file, bytes or an array; some of their frames, at known times, no larger than needed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from PIL import Image as Pillow
from pydantic import Field as Setting

from polymodal.modalities._container import SUFFIXES, format_of
from polymodal.modalities._frames import frames_at
from polymodal.modalities._majority import mostly
from polymodal.modalities._paths import resolve
from polymodal.modalities.image import Image, from_array
from polymodal.registry import MODALITIES
from polymodal.schema.cells import Cells, Unreadable, decode_each
from polymodal.schema.modality import Modality, Statistics

if TYPE_CHECKING:
    from torch import Tensor

_THREADS = 4
_SHOWN = 3  # frames on a page
_SOME = 200  # videos whose colours are looked at
_LEAST_SECONDS = 0.05
_ROUNDED = 1e-9  # of the whole, by which times may be off
_FASTEST = 1_000_000.0


class VideoStatistics(Statistics):
    """The square side all frames are brought to, mean and spread of each colour (0 to 1), and how long most last."""

    side: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    seconds: float


@MODALITIES.register("video")
class Video(Modality):
    """Moving pictures: a path below `files=` or the bytes of an MP4, MOV, Matroska, WebM, AVI, MPEG or GIF file, or
    an array.

    Arrays are `[T, H, W]` or `[T, H, W, 1|3|4]`, as `(frames, rate)` with frames a second, `(frames, times)` with a
    time in seconds for each, or alone, one a second. `frames` are looked at, spread evenly over the time that the video
    lasts, or over the `clip` seconds in its middle; a shorter video has fewer. Each is upright, in RGB, its longer side
    at most `size` pixels. `pretrained` names a `timm` model that each frame is embedded with. Files need the extra
    `video`; their sound is a modality beside it, `pm.Audio(of=...)`.

    >>> frame = pd.DataFrame({"clip": [(np.zeros((6, 8, 8, 3), dtype=np.uint8), 2.0), None]})
    >>> cells = Video(frames=3).read("clip", frame, None)
    >>> cells.state.tolist(), cells.samples[0]["time"].tolist(), cells.samples[0]["picture"].shape
    ([1, 0], [0.5, 1.5, 2.5], (3, 8, 8, 3))
    """

    kind: ClassVar[str] = "video"
    reads_files: ClassVar[bool] = True
    axes: ClassVar[int] = 4
    encoder: str = "video"
    frames: int = Setting(8, ge=1, le=512)
    size: int = Setting(64, ge=4, le=2048)
    clip: float | None = Setting(None, gt=0)

    @classmethod
    def recognises(cls, values: pd.Series, files: Path | None) -> str | None:
        seen = values.dropna().head(100).tolist()
        if not seen:
            return None
        if mostly(isinstance(one, str) and one.lower().endswith(SUFFIXES) for one in seen):
            return "paths of videos"
        if mostly(isinstance(one, bytes) and format_of(one[:400]) not in (None, "gif") for one in seen):
            return "bytes of videos"
        if all(_is_film(frames_and_times(one)) for one in seen):
            return "arrays of time x height x width x colour"
        return None

    def read(self, name: str, frame: pd.DataFrame, files: Path | None) -> Cells:
        """Samples are structured arrays `[T]` of `time`, in seconds from the first frame, and `picture` `[H, W, 3]`."""
        raws = frame[name].tolist() if name in frame.columns else [None] * len(frame)
        return decode_each(raws, lambda raw: self._decode(raw, files), column=name, rows=frame.index, threads=_THREADS)

    @classmethod
    def statistics_kind(cls) -> type[VideoStatistics]:
        return VideoStatistics

    def measure(self, samples: Sequence[np.ndarray]) -> VideoStatistics:
        some = [samples[i] for i in np.linspace(0, len(samples) - 1, min(len(samples), _SOME)).astype(int)]
        pictures = Image(size=self.size).measure([picture for sample in some for picture in sample["picture"]])
        lasts = [float(sample["time"][-1]) for sample in samples]
        seconds = max(float(np.median(lasts)) if lasts else 1.0, _LEAST_SECONDS)
        return VideoStatistics(**pictures.model_dump(), seconds=seconds)

    def prepare(self, sample: np.ndarray, statistics: VideoStatistics) -> np.ndarray:
        """As the sample is, each picture brought to `[side, side, 3]`."""
        side = statistics.side
        if sample["picture"].shape[1:3] == (side, side):
            return sample
        pictures = [Pillow.fromarray(one).resize((side, side), Pillow.Resampling.BILINEAR) for one in sample["picture"]]
        return packed(sample["time"], [np.asarray(one) for one in pictures])

    def collate(self, arrays: Sequence[np.ndarray], statistics: VideoStatistics) -> tuple[Tensor, Tensor | None]:
        """Standardised colours and, fourth, the time in typical lengths: `[n, L, 4, side, side]`; mask `[n, L]`."""
        import torch

        side, longest = statistics.side, max(len(array) for array in arrays)
        values = torch.zeros(len(arrays), longest, 4, side, side)
        mask = torch.zeros(len(arrays), longest, dtype=torch.bool)
        mean, std = (torch.tensor(one).view(3, 1, 1) for one in (statistics.mean, statistics.std))
        for row, array in enumerate(arrays):
            pictures = torch.from_numpy(np.ascontiguousarray(array["picture"])).permute(0, 3, 1, 2).float() / 255
            values[row, : len(array), :3] = (pictures - mean) / std
            times = torch.from_numpy(array["time"] / statistics.seconds).float()
            values[row, : len(array), 3] = times[:, None, None]
            mask[row, : len(array)] = True
        return values, mask

    def html(self, sample: np.ndarray) -> str:
        chosen = np.unique(np.linspace(0, len(sample) - 1, _SHOWN).round().astype(int))
        shown = "".join(Image().html(sample["picture"][place]) for place in chosen)
        return f"{shown}<small>{len(sample)} frames, {sample['time'][-1]:.3g} s</small>"

    @classmethod
    def example(cls, random: np.random.Generator) -> tuple[np.ndarray, float]:
        n, height, width = (int(one) for one in random.integers((2, 8, 8), (6, 13, 13)))
        return random.integers(0, 256, (n, height, width, 3), dtype=np.uint8), float(random.integers(1, 30))

    def _decode(self, raw: Any, files: Path | None) -> np.ndarray:
        if isinstance(raw, dict) and isinstance(raw.get("bytes"), bytes):
            raw = raw["bytes"]
        if isinstance(raw, (str, Path)):
            return packed(*frames_at(resolve(str(raw), files), self.frames, self.clip, self.size))
        if isinstance(raw, (bytes, bytearray, memoryview)):
            return packed(*frames_at(bytes(raw), self.frames, self.clip, self.size))
        found = frames_and_times(raw)
        if found is None:
            raise Unreadable(
                "a video is expected (path, bytes, or an array [time, height, width, colour], alone or with frames a "
                f"second or times), {type(raw).__name__} came"
            )
        return self._of_array(*found)

    def _of_array(self, frames: np.ndarray, given: float | np.ndarray) -> np.ndarray:
        if isinstance(given, float):
            if not (math.isfinite(given) and 0 < given <= _FASTEST):
                raise Unreadable(f"a rate is a number of frames a second above 0, {given:g} came")
            times = np.arange(len(frames)) / given
        else:
            times = given.astype(np.float64)
        if times.shape != (len(frames),) or not np.isfinite(times).all() or (np.diff(times) <= 0).any():
            raise Unreadable(f"{len(frames)} frames need as many times, each later than the one before")
        if not len(times):
            raise Unreadable("it holds no frames")
        last = times[-1] - times[-2] if len(times) > 1 else 1.0
        begin, end = times[0], times[-1] + last
        if self.clip is not None and self.clip < end - begin:
            begin, end = (begin + end - self.clip) / 2, (begin + end + self.clip) / 2
        wanted = begin + (np.arange(self.frames) + 0.5) * (end - begin) / self.frames
        places = np.unique(np.searchsorted(times, wanted + _ROUNDED * (end - begin), side="right") - 1)
        pictures = []
        for place in places:
            picture = from_array(frames[place])
            picture.thumbnail((self.size, self.size), Pillow.Resampling.BILINEAR)
            pictures.append(np.asarray(picture))
        return packed(times[places] - times[0], pictures)


def packed(times: np.ndarray, pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Times and pictures of one size side by side, as one array `[T]`.

    >>> packed(np.array([0.0, 0.5]), [np.zeros((4, 6, 3), dtype=np.uint8)] * 2).dtype.names
    ('time', 'picture')
    """
    found = np.empty(len(times), dtype=[("time", np.float32), ("picture", np.uint8, pictures[0].shape)])
    found["time"], found["picture"] = times, pictures
    return found


def _is_film(found: tuple[np.ndarray, float | np.ndarray] | None) -> bool:
    """A volume with channels has four axes too."""
    return found is not None and found[0].dtype == np.uint8 and found[0].ndim == 4 and found[0].shape[3] in (3, 4)


def frames_and_times(raw: Any) -> tuple[np.ndarray, float | np.ndarray] | None:
    """Frames `[T, H, W, ...]`, and how many a second or when each."""
    frames, given = raw if isinstance(raw, tuple) and len(raw) == 2 else (raw, 1.0)
    if not isinstance(frames, np.ndarray) or frames.ndim not in (3, 4):
        return None
    if isinstance(given, (list, tuple, np.ndarray)):
        times = np.asarray(given)
        return (frames, times) if times.ndim == 1 and times.dtype.kind in "iuf" else None
    if isinstance(given, (bool, np.bool_)) or not isinstance(given, (int, float, np.integer, np.floating)):
        return None
    return frames, float(given)
