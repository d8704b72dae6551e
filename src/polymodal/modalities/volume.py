"""Volume: a picture in three dimensions a cell, such as CT or MRI, of any size and spacing, on one grid."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from PIL import Image as Pillow
from pydantic import Field as Setting

from polymodal.modalities._majority import mostly
from polymodal.modalities._nifti import SUFFIXES, from_bytes, from_image
from polymodal.modalities._paths import resolve
from polymodal.modalities._resampling import resampled
from polymodal.registry import MODALITIES
from polymodal.schema.cells import Cells, Unreadable, decode_each
from polymodal.schema.modality import Modality, Statistics

if TYPE_CHECKING:
    from torch import Tensor

AXES = 3
_THREADS = 4
_MOST_CHANNELS = 16
_MOST_VOXELS = 1 << 29
_LARGEST = 1e15  # beyond it squares, summed over the voxels, lose what they are about
_FURTHEST = 10.0
_FLAT, _TINY = 1e-6, 1e-12  # spread, beside the largest value, that is what rounding leaves
_SHOWN = 56  # pixels of a slice


class VolumeStatistics(Statistics):
    """Mean and spread over the training volumes of what each is told by besides its voxels: see `Volume.prepare`."""

    channels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]


@MODALITIES.register("volume")
class Volume(Modality):
    """A volume: a path of .nii, .nii.gz (extra `volume`) or .npy, their bytes, an image of nibabel, or an array.

    Arrays are `[X, Y, Z]` or `[X, Y, Z, C]`, at most 16 channels; `(array, spacing)` tells the size of voxels in mm, 1
    unless told. Headers tell it themselves, and how axes lie: they are turned to right, front and up. Each volume is
    brought to `size` voxels along each axis: whole, its longest side just fitting in, or with `spacing` at so many mm
    a voxel, cropped or padded about the centre. NaN is a voxel not measured.

    >>> cells = Volume(size=8).read("ct", pd.DataFrame({"ct": [np.ones((30, 20, 10)), None]}), None)
    >>> cells.samples[0].shape, cells.state.tolist()
    ((9, 8, 8, 1), [1, 0])
    """

    kind: ClassVar[str] = "volume"
    axes: ClassVar[int] = 4
    reads_files: ClassVar[bool] = True
    encoder: str = "volume"
    size: int = Setting(32, ge=8, le=256)
    spacing: float | None = Setting(None, gt=0, le=1000)

    @classmethod
    def recognises(cls, values: pd.Series, files: Path | None) -> str | None:
        seen = values.dropna().head(100).tolist()
        if mostly(isinstance(one, str) and one.lower().endswith((".nii", ".nii.gz")) for one in seen):
            return "paths of volumes"
        is_array = [isinstance(one, np.ndarray) and one.ndim == AXES and min(one.shape) > 4 for one in seen]
        return "arrays of three axes" if seen and all(is_array) else None

    def read(self, name: str, frame: pd.DataFrame, files: Path | None) -> Cells:
        """Samples are `[1 + S, S, S, C]` float32: three lengths in mm in the first layer, then the grid."""
        raws = frame[name].tolist() if name in frame.columns else [None] * len(frame)
        return decode_each(raws, lambda raw: self._decode(raw, files), column=name, rows=frame.index, threads=_THREADS)

    def storable(self, raw: Any, find: Callable[[str], Path]) -> Any:
        if _is_image(raw):
            raw = from_image(raw)
        if isinstance(raw, tuple) and len(raw) == 2:
            return {"array": raw[0], "spacing": np.broadcast_to(np.asarray(raw[1], dtype=np.float64), AXES).tolist()}
        return super().storable(raw, find)

    @classmethod
    def statistics_kind(cls) -> type[VolumeStatistics]:
        return VolumeStatistics

    def measure(self, samples: Sequence[np.ndarray]) -> VolumeStatistics:
        widths = [sample.shape[-1] for sample in samples]
        channels = max(set(widths), key=widths.count) if widths else 1
        told = np.array([_told(sample) for sample in samples if sample.shape[-1] == channels])
        told = told if len(told) else np.zeros((1, AXES + 2 * channels))
        std = np.where(told.std(axis=0) > 1e-6, told.std(axis=0), 1.0)
        return VolumeStatistics(channels=channels, mean=tuple(told.mean(axis=0).tolist()), std=tuple(std.tolist()))

    def prepare(self, sample: np.ndarray, statistics: VolumeStatistics) -> np.ndarray:
        """`[1 + S, S, S, C]` float16: log of the lengths, mean and log of the spread of each channel, standardised over
        volumes, in the first layer; then the grid, each channel about its own mean in its own spreads."""
        channels = sample.shape[-1]
        if channels != statistics.channels:
            raise Unreadable(f"volumes of {statistics.channels} channels were learnt, {channels} came")
        grid = sample[1:].astype(np.float64)
        told = (_told(sample) - statistics.mean) / statistics.std
        spread = grid.std(axis=(0, 1, 2))
        array = np.zeros(sample.shape, dtype=np.float16)
        array[0].reshape(-1)[: len(told)] = told.clip(-_FURTHEST, _FURTHEST)
        centred = grid - grid.mean(axis=(0, 1, 2))
        is_flat = spread <= _FLAT * np.abs(grid).max(axis=(0, 1, 2))
        array[1:] = np.where(is_flat, 0.0, centred / np.where(is_flat, 1.0, spread)).clip(-_FURTHEST, _FURTHEST)
        return array

    def collate(self, arrays: Sequence[np.ndarray], statistics: VolumeStatistics) -> tuple[Tensor, Tensor | None]:
        """`[n, 1 + S, S, S, C]`; all of it is real."""
        import torch

        return torch.from_numpy(np.stack(arrays).astype(np.float32)), None

    def html(self, sample: np.ndarray) -> str:
        """The three slices through the middle, of the first channel."""
        grid, lengths = sample[1:, :, :, 0], sample[0].reshape(-1)[:AXES]
        low, high = np.quantile(grid, [0.01, 0.99])
        middle = grid.shape[0] // 2
        slices = [np.take(grid, middle, axis=axis).T[::-1] for axis in range(AXES)]
        shades = ((np.concatenate(slices, axis=1) - low) / (high - low or 1.0)).clip(0, 1) * 255
        data = io.BytesIO()
        picture = Pillow.fromarray(shades.round().astype(np.uint8))
        picture.resize((AXES * _SHOWN, _SHOWN), Pillow.Resampling.BILINEAR).save(data, format="PNG")
        told = " x ".join(f"{one:g}" for one in lengths) + " mm"
        source = f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"
        return f'<img class="volume" alt="three slices" src="{source}"><small>{told}</small>'

    @classmethod
    def example(cls, random: np.random.Generator) -> np.ndarray:
        return random.normal(size=random.integers(6, 10, AXES)).astype(np.float32)

    def _decode(self, raw: Any, files: Path | None) -> np.ndarray:
        path, spacing = None, None
        if isinstance(raw, dict) and raw.keys() == {"array", "spacing"}:
            raw = (raw["array"], raw["spacing"])
        if isinstance(raw, (str, Path)):
            path = str(resolve(str(raw), files))
            if not path.lower().endswith(SUFFIXES):
                raise Unreadable(f"a file of a volume ends in {', '.join(SUFFIXES)}", path)
            raw, spacing = from_bytes(_bytes_of(path), path)
        elif isinstance(raw, (bytes, bytearray, memoryview)):
            raw, spacing = from_bytes(bytes(raw), None)
        elif _is_image(raw):
            raw, spacing = from_image(raw)
        elif isinstance(raw, tuple) and len(raw) == 2:
            raw, spacing = raw[0], _spacing(raw[1])
        volume = _numbers(raw, path)
        spacing = (1.0,) * AXES if spacing is None else spacing
        if not all(0 < one < _LARGEST for one in spacing):
            raise Unreadable(f"voxels have a size in mm above 0, {spacing} came", path)
        lengths = np.array(volume.shape[:AXES]) * spacing
        grid = resampled(volume, spacing, self.size, self.spacing)
        sample = np.zeros((1 + self.size, *grid.shape[1:]), dtype=np.float32)
        sample[0].reshape(-1)[:AXES] = lengths
        sample[1:] = grid
        return sample


def _told(sample: np.ndarray) -> np.ndarray:
    """`[3 + 2 C]`: log of the lengths, mean of each channel, log of the spread of each."""
    grid = sample[1:].astype(np.float64)
    lengths = sample[0].reshape(-1)[:AXES].astype(np.float64)
    mean, spread, most = grid.mean(axis=(0, 1, 2)), grid.std(axis=(0, 1, 2)), np.abs(grid).max(axis=(0, 1, 2))
    return np.concatenate([np.log(lengths), mean, np.log(np.maximum(spread, _FLAT * most + _TINY))])


def _numbers(raw: Any, path: str | None) -> np.ndarray:
    """`[X, Y, Z, C]` float32, a new array."""
    array = _array(raw)
    if array is None or array.ndim not in (AXES, AXES + 1) or array.dtype.kind not in "biuf":
        what = type(raw).__name__ if array is None else f"{array.dtype} of shape {list(array.shape)}"
        raise Unreadable(f"a volume is an array of real numbers [X, Y, Z] or [X, Y, Z, channels], {what} came", path)
    if array.size > _MOST_VOXELS:
        raise Unreadable(f"{array.size:,} voxels are over the limit of {_MOST_VOXELS:,}; make it smaller", path)
    if array.size == 0:
        raise Unreadable(f"it holds no voxels: its shape is {list(array.shape)}", path)
    volume = array if array.ndim > AXES else array[..., None]
    if volume.shape[-1] > _MOST_CHANNELS:
        raise Unreadable(
            f"{volume.shape[-1]} volumes in one, at most {_MOST_CHANNELS} channels are read; give one of them, or "
            "figures of them such as their mean",
            path,
        )
    with np.errstate(over="ignore"):
        volume = volume.astype(np.float32)
    beyond, gaps = int((np.abs(volume) > _LARGEST).sum()), np.isnan(volume)
    if beyond:
        raise Unreadable(f"{beyond:,} voxels are infinite, or beyond {_LARGEST:g}", path)
    if gaps.all(axis=(0, 1, 2)).any():
        raise Unreadable("all voxels are NaN" if gaps.all() else "all voxels of a channel are NaN", path)
    return volume


def _array(raw: Any) -> np.ndarray | None:
    """An array, or nested lists of numbers as one."""
    if isinstance(raw, np.ndarray) and raw.dtype != object:
        return raw
    if not isinstance(raw, (list, tuple, np.ndarray)):
        return None
    try:
        return np.array(_listed(raw), dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None


def _listed(raw: Any) -> Any:
    if isinstance(raw, (list, tuple, np.ndarray)):
        return [_listed(one) for one in raw]
    return np.nan if raw is None else raw


def _spacing(raw: Any) -> tuple[float, ...]:
    try:
        return tuple(float(one) for one in np.broadcast_to(np.asarray(raw, dtype=np.float64), AXES))
    except (TypeError, ValueError) as error:
        raise Unreadable(f"the size of voxels is a number or three, {type(raw).__name__} came") from error


def _is_image(raw: Any) -> bool:
    return all(hasattr(raw, name) for name in ("dataobj", "affine", "header"))


def _bytes_of(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Unreadable(f"the file cannot be read: {error.strerror or error}", path) from error
