"""Image: a picture as a file, bytes, a Pillow image or an array; read upright, in RGB, no larger than needed."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError
from pydantic import Field as Setting

from polymodal.modalities import _png as png
from polymodal.modalities._jpeg import damage, decoded, plain_size
from polymodal.modalities._majority import mostly
from polymodal.modalities._paths import resolve
from polymodal.modalities._pyramid import level_for
from polymodal.registry import MODALITIES
from polymodal.schema.cells import Cells, Unreadable, decode_each
from polymodal.schema.modality import Modality, Statistics

if TYPE_CHECKING:
    from torch import Tensor

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")
_MAX_PIXELS = 100_000_000
_THREADS = 4
# Pillow's format plugins raise all of these on broken bytes.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, Pillow.DecompressionBombError)


class ImageStatistics(Statistics):
    """The square side all pictures are brought to, and the mean and spread of each colour (0 to 1)."""

    side: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


@MODALITIES.register("image")
class Image(Modality):
    """A picture: a path below `files=`, bytes, a Pillow image, or an array (uint8, or floats from 0 to 1).

    Arrays are `[H, W]` or `[H, W, 1|3|4]`. Read upright (EXIF), transparency laid on white, 16 bits scaled to 8,
    the first frame of an animation. `size` bounds the longer side in pixels. `pretrained` names a `timm` model
    (hub name or folder) that embeds the picture instead of the small encoder trained from scratch; give it a
    `size` that suits it.

    >>> cells = Image().read("photo", pd.DataFrame({"photo": [np.zeros((8, 8), dtype=np.uint8), None]}), None)
    >>> cells.state.tolist(), cells.samples[0].shape
    ([1, 0], (8, 8, 3))
    """

    kind: ClassVar[str] = "image"
    axes: ClassVar[int] = 3
    reads_files: ClassVar[bool] = True
    encoder: str = "image"
    size: int = Setting(64, ge=4, le=4096)

    @classmethod
    def recognises(cls, values: pd.Series, files: Path | None) -> str | None:
        seen = values.dropna().head(100).tolist()
        if not seen:
            return None
        if mostly(isinstance(one, str) and one.lower().endswith(SUFFIXES) for one in seen):
            return "paths of pictures"
        if all(isinstance(one, Pillow.Image) for one in seen):
            return "Pillow images"
        if all(isinstance(one, np.ndarray) and one.ndim == 3 and one.shape[2] in (3, 4) for one in seen):
            return "arrays of height x width x colour"
        if all(isinstance(one, np.ndarray) and one.ndim == 2 and one.dtype == np.uint8 for one in seen):
            return "arrays of height x width in shades from 0 to 255"
        if mostly(isinstance(one, bytes) and _looks_like_picture(one) for one in seen):
            return "bytes of pictures"
        return None

    def read(self, name: str, frame: pd.DataFrame, files: Path | None) -> Cells:
        raws = frame[name].tolist() if name in frame.columns else [None] * len(frame)
        return decode_each(raws, lambda raw: self._decode(raw, files), column=name, rows=frame.index, threads=_THREADS)

    def storable(self, raw: Any, find: Callable[[str], Path]) -> Any:
        """A Pillow image as PNG, which loses nothing; a file as its bytes."""
        if not isinstance(raw, Pillow.Image):
            kept = super().storable(raw, find)
            if isinstance(kept, bytes):
                _refuse_damage(kept, str(raw) if isinstance(raw, (str, Path)) else None)
            return kept
        data = io.BytesIO()
        upright_rgb(raw, None).save(data, format="PNG")
        return data.getvalue()

    @classmethod
    def statistics_kind(cls) -> type[ImageStatistics]:
        return ImageStatistics

    def measure(self, samples: Sequence[np.ndarray]) -> ImageStatistics:
        longest = float(np.median([max(sample.shape[:2]) for sample in samples])) if len(samples) else self.size
        side = min(self.size, max(8, int(np.ceil(longest / 8)) * 8))  # no larger than the pictures are
        some = [samples[i] for i in np.linspace(0, len(samples) - 1, min(len(samples), 500)).astype(int)]
        means = np.array([sample.reshape(-1, 3).mean(axis=0) for sample in some] or [[127.5] * 3]) / 255
        variance = np.array([sample.reshape(-1, 3).var(axis=0) for sample in some] or [[64.0**2] * 3]) / 255**2
        std = np.sqrt(variance.mean(axis=0) + means.var(axis=0))
        return ImageStatistics(side=side, mean=tuple(means.mean(axis=0)), std=tuple(np.maximum(std, 0.05)))

    def prepare(self, sample: np.ndarray, statistics: ImageStatistics) -> np.ndarray:
        side = statistics.side
        if sample.shape[:2] == (side, side):
            return sample
        return np.asarray(Pillow.fromarray(sample).resize((side, side), Pillow.Resampling.BILINEAR))

    def collate(self, arrays: Sequence[np.ndarray], statistics: ImageStatistics) -> tuple[Tensor, Tensor | None]:
        """Standardised colours `[n, 3, side, side]`."""
        import torch

        pixels = torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).float() / 255
        mean = torch.tensor(statistics.mean).view(3, 1, 1)
        std = torch.tensor(statistics.std).view(3, 1, 1)
        return (pixels - mean) / std, None

    def html(self, sample: np.ndarray) -> str:
        picture = Pillow.fromarray(sample)
        picture.thumbnail((96, 96))
        data = io.BytesIO()
        picture.save(data, format="PNG")
        return f'<img alt="" src="data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}">'

    @classmethod
    def example(cls, random: np.random.Generator) -> np.ndarray:
        return random.integers(0, 256, (int(random.integers(8, 17)), int(random.integers(8, 17)), 3), dtype=np.uint8)

    def _decode(self, raw: Any, files: Path | None) -> np.ndarray:
        if isinstance(raw, np.ndarray):
            return self._bounded(from_array(raw))
        if isinstance(raw, Pillow.Image):
            return self._bounded(upright_rgb(raw, None))
        if isinstance(raw, dict):
            raw = level_for(raw, self.size)
        if isinstance(raw, (bytes, bytearray, memoryview)):
            data = bytes(raw) if isinstance(raw, bytearray) else raw
            pixels = decoded(data, self.size)
            if pixels is None and (plain_size(data, self.size) or data[:1] == png.FIRST):
                _refuse_damage(data, None)
            return self._open(io.BytesIO(data), None) if pixels is None else pixels
        if isinstance(raw, (str, Path)):
            path = resolve(str(raw), files)
            try:
                data = path.read_bytes()
            except OSError as error:
                raise Unreadable(f"not a readable picture: {error.strerror or error}", str(path)) from error
            pixels = self._open(io.BytesIO(data), str(path))
            _refuse_damage(data, str(path))
            return pixels
        raise Unreadable(f"a picture is expected (path, bytes, Pillow image or array), {type(raw).__name__} came")

    def _open(self, source: io.BytesIO, path: str | None) -> np.ndarray:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what Pillow warns of (odd metadata, large size) is decided below
                with Pillow.open(source) as picture:
                    check_size(picture, path)
                    picture.draft("RGB", (self.size * 2, self.size * 2))  # JPEG: decode at a fraction of the size
                    return self._bounded(upright_rgb(picture, path))
        except Unreadable:
            raise
        except BROKEN as error:
            raise Unreadable(f"not a readable picture: {said_of(error)}", path) from error

    def _bounded(self, picture: Pillow.Image) -> np.ndarray:
        picture.thumbnail((self.size, self.size), Pillow.Resampling.BILINEAR)
        return np.array(picture, dtype=np.uint8)


def _refuse_damage(data: bytes | memoryview, path: str | None) -> None:
    """Once, as a picture comes in; a store holds it against its sum from then on."""
    said = damage(data) or png.damage(data)
    if said:
        raise Unreadable(f"not a readable picture: {said}", path)


def said_of(error: Exception) -> str:
    """What is wrong with a picture; Pillow names the object in memory that it could not identify."""
    if isinstance(error, UnidentifiedImageError):
        return "it is of no known format, or only the beginning of one"
    if isinstance(error, Pillow.DecompressionBombError):  # which Pillow tells before the size can be asked
        return f"its pixels are over the limit of {_MAX_PIXELS:,}; make it smaller first"
    return str(error) or type(error).__name__


def check_size(picture: Pillow.Image, path: str | None) -> None:
    """Raises Unreadable for a picture of too many pixels, before any is decoded."""
    width, height = picture.size
    if width * height > _MAX_PIXELS:
        raise Unreadable(f"{width} x {height} pixels is over the limit of {_MAX_PIXELS:,}; make it smaller first", path)


def upright_rgb(picture: Pillow.Image, path: str | None) -> Pillow.Image:
    """Turned as the camera was held, in RGB of 8 bits, what is transparent laid on white."""
    check_size(picture, path)
    if min(picture.size) == 0:
        raise Unreadable("the picture has no pixels", path)
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I") or picture.mode == "F":
        return _from_wide_array(np.asarray(picture), path)
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        rgba = picture.convert("RGBA")
        white = Pillow.new("RGBA", rgba.size, "white")
        return Pillow.alpha_composite(white, rgba).convert("RGB")
    return picture.convert("RGB")


def _from_wide_array(array: np.ndarray, path: str | None) -> Pillow.Image:
    wide = array.astype(np.float64)
    if not np.isfinite(wide).all():
        raise Unreadable("the picture holds NaN or infinity", path)
    top = 65535.0 if wide.max(initial=0) > 255 else 255.0
    return Pillow.fromarray((wide / top * 255).clip(0, 255).astype(np.uint8)).convert("RGB")


def from_array(array: np.ndarray) -> Pillow.Image:
    """An array of a picture as one. Raises Unreadable for other shapes and ranges."""
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise Unreadable(f"a picture array is [H, W] or [H, W, 1|3|4]; this one is {list(array.shape)}")
    if array.shape[0] * array.shape[1] > _MAX_PIXELS:
        raise Unreadable(f"{array.shape} is over the limit of {_MAX_PIXELS:,} pixels")
    if array.dtype == bool:
        array = array.astype(np.uint8) * 255
    elif np.issubdtype(array.dtype, np.floating):
        if not np.isfinite(array).all():
            raise Unreadable("the picture holds NaN or infinity")
        if array.min() < 0 or array.max() > 1:
            raise Unreadable(f"a float picture runs from 0 to 1; this one from {array.min():g} to {array.max():g}")
        array = (array * 255).round().astype(np.uint8)
    elif array.dtype != np.uint8:
        if not np.issubdtype(array.dtype, np.integer) or array.min() < 0 or array.max() > 255:
            raise Unreadable(f"a picture array is uint8, or float from 0 to 1; this one is {array.dtype}")
        array = array.astype(np.uint8)
    return upright_rgb(Pillow.fromarray(array.squeeze(2) if array.ndim == 3 and array.shape[2] == 1 else array), None)


def _looks_like_picture(data: bytes) -> bool:
    starts = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")
    return data.startswith(starts) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")  # a WAV file is RIFF too
