"""A picture as it comes, and reduced to what is registered: read upright, its pixels counted from the corner."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, JpegImagePlugin, PngImagePlugin, TiffImagePlugin

from polymodal.align.space.by_pictures._resolution import stated
from polymodal.errors import DataError
from polymodal.modalities.image import BROKEN, said_of

_LEAST = 16  # pixels a side
_MOST_DECODED = 400_000_000  # pixels at once
_SMALLER = "save it smaller, as JPEG, or as TIFF with tiles and levels"
_MOST_LEVELS = 32
_TURNED, _SWAPPED = 274, (5, 6, 7, 8)  # Exif: how the camera was held, and what of it swaps width and height
# Pillow refuses to open files of more than 179 million pixels; these readers open them, as little of them is decoded.
_LARGE: dict[bytes, Any] = {
    b"\xff\xd8\xff": JpegImagePlugin.JpegImageFile,
    b"\x89PNG": PngImagePlugin.PngImageFile,
    b"II*\0": TiffImagePlugin.TiffImageFile,
    b"MM\0*": TiffImagePlugin.TiffImageFile,
}


@dataclass(frozen=True)
class Reduced:
    """A picture of fewer pixels.

    Attributes:
        values: `[h, w]` or `[h, w, 3]` float32, in the unit of the picture.
        seen: `[h, w]` bool; False where the picture is transparent.
        factor: pixels of the picture for one of these, in both directions, counted from the corner of the first.
    """

    values: np.ndarray
    seen: np.ndarray
    factor: float


class Sheet:
    """A picture of which only the head is read until it is reduced.

    Attributes:
        name: of its file without the ending, else its side.
        size: width and height in pixels, as it stands upright.
        stated: micrometres per pixel as the file says, believed or not; None where it says nothing.
    """

    def __init__(self, source: Any, side: str) -> None:
        """Takes a path, a Pillow picture, or an array `[H, W]` or `[H, W, 1|3|4]` of bool, whole numbers or floats.

        A path that ends in .npy is that of such an array.

        Raises DataError for anything else, channels that come first, NaN, damaged files, and pictures too small.
        """
        self.side, self.name, self.stated = side, side, None
        is_path = isinstance(source, (str, os.PathLike))
        if is_path:
            self.name = Path(source).stem
        if is_path and Path(source).suffix.lower() == ".npy":
            self._source: Any = _checked(_array(Path(source), side), side)
        else:
            self._source = source if is_path or isinstance(source, Pillow.Image) else _checked(source, side)
        if isinstance(self._source, np.ndarray):
            self.size = (self._source.shape[1], self._source.shape[0])
        else:
            with self._opened() as picture:
                turned = picture.getexif().get(_TURNED) in _SWAPPED
                self.size = (picture.size[1], picture.size[0]) if turned else picture.size
                self.stated = stated(picture)
        if min(self.size) < _LEAST:
            raise DataError(
                f"the {side} picture has {self.size[0]} x {self.size[1]} pixels; {_LEAST} a side are needed"
            )

    def reduced(self, factor: float) -> Reduced:
        """Means over squares of `factor` pixels a side, 1 or more; a rest at the right and the bottom is left out.

        Raises DataError for damaged files, more pixels than can be decoded, and pictures transparent all over.
        """
        width, height = (int(length / factor + 1e-9) for length in self.size)
        if isinstance(self._source, np.ndarray):
            bands, scale = _bands(self._source), 1.0
        else:
            with self._opened() as picture:
                scale = self._smaller(picture, factor)
                bands = _bands_of(ImageOps.exif_transpose(picture))
        box = (0.0, 0.0, width * factor / scale, height * factor / scale)
        *colours, opacity = (None if band is None else _resized(band, (width, height), box) for band in bands)
        seen = np.ones((height, width), dtype=bool) if opacity is None else opacity > 0.99
        if not seen.any():
            raise DataError(f"the {self.side} picture is transparent all over")
        values = [one for one in colours if one is not None]
        return Reduced(values[0] if len(values) == 1 else np.stack(values, axis=-1), seen, factor)

    @contextmanager
    def _opened(self) -> Iterator[Pillow.Image]:
        if isinstance(self._source, Pillow.Image):
            yield self._source
            return
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what Pillow warns of (odd metadata, large size) is decided here
                with open(cast(str, self._source), "rb") as file, _picture_of(file) as picture:
                    yield picture
        except BROKEN as error:
            if isinstance(error, DataError):
                raise
            said = (isinstance(error, OSError) and error.strerror) or said_of(error)
            if isinstance(error, Pillow.DecompressionBombError):
                said = f"it has more pixels than can be decoded at once; {_SMALLER}"
            raise DataError(f"the {self.side} picture {self._source} cannot be read: {said}") from error

    def _smaller(self, picture: Pillow.Image, factor: float) -> float:
        """Makes a file decode no more than is needed; pixels of the picture for one that will be decoded."""
        width, height = picture.size
        scale = 1.0
        if isinstance(self._source, Pillow.Image):
            pass  # it is the caller's, and stays on the page that it shows
        elif picture.format == "JPEG":
            drafted = picture.draft(None, (int(width / factor), int(height / factor)))
            scale = width / drafted[1][2] if drafted else 1.0
        elif picture.format == "TIFF":
            scale = _level(picture, factor)
        n = picture.size[0] * picture.size[1]
        if n > _MOST_DECODED:
            raise DataError(
                f"{n:,} pixels of the {self.side} picture would have to be decoded, over the limit of "
                f"{_MOST_DECODED:,}; {_SMALLER}"
            )
        return scale


def _picture_of(file: Any) -> Pillow.Image:
    try:
        return Pillow.open(file)
    except Pillow.DecompressionBombError:
        file.seek(0)
        start = file.read(4)
        file.seek(0)
        reader = next((one for magic, one in _LARGE.items() if start.startswith(magic)), None)
        if reader is None:
            raise
        opened: Pillow.Image = reader(file)
        return opened


def _level(picture: Pillow.Image, factor: float) -> float:
    """Turns to the smallest page of a TIFF file that is this picture in at least the pixels asked for."""
    width, height = picture.size
    best, scale = 0, 1.0
    for page in range(1, min(getattr(picture, "n_frames", 1), _MOST_LEVELS)):
        picture.seek(page)
        across, down = width / picture.size[0], height / picture.size[1]
        if scale < across <= factor and abs(across / down - 1) < 0.01:  # not a label, nor another channel
            best, scale = page, round(across) if abs(across - round(across)) < 0.01 * across else across
    picture.seek(best)
    return scale


def _array(path: Path, side: str) -> np.ndarray:
    try:
        found: np.ndarray = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        told = getattr(error, "strerror", None) or error
        raise DataError(f"the {side} picture {path} cannot be read: {told}") from error
    return found


def _checked(given: Any, side: str) -> np.ndarray:
    array = np.asarray(given)
    shape = list(array.shape)
    wanted = (
        f"the {side} picture is a path, a Pillow picture, or an array [height, width] or [height, width, 1, 3 or 4]"
    )
    if array.dtype.kind not in "biuf":
        raise DataError(f"{wanted} of numbers; {type(given).__name__} of {array.dtype} came")
    if array.ndim == 3 and array.shape[2] not in (1, 3, 4):
        if array.shape[0] in (1, 3, 4):
            raise DataError(f"{wanted}; {shape} came, with channels first. Move them: numpy.moveaxis(picture, 0, -1)")
        raise DataError(f"{wanted}; {shape} came. Of many channels choose one, such as picture[..., 0]")
    if array.ndim not in (2, 3):
        raise DataError(f"{wanted}; {shape} came")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        n = int((~np.isfinite(array)).sum())
        raise DataError(
            f"the {side} picture holds {n:,} values that are NaN or infinite. Where nothing is known, make it "
            "transparent: a fourth channel that is 0 there"
        )
    return array


def _bands(array: np.ndarray) -> list[np.ndarray | None]:
    """Colours, and the share that is opaque from 0 to 1, or None."""
    if array.ndim == 2:
        return [array, None]
    bands: list[np.ndarray | None] = [array[..., k] for k in range(array.shape[2])]
    if array.shape[2] < 4:
        return [*bands, None]
    return [*bands[:3], array[..., 3] > 0]


def _bands_of(picture: Pillow.Image) -> list[np.ndarray | None]:
    if picture.mode[0] in "IF":
        return _bands(np.asarray(picture))
    if picture.mode in ("RGBA", "LA", "La", "PA", "RGBa") or "transparency" in picture.info:
        return _bands(np.asarray(picture.convert("RGBA")))
    return _bands(np.asarray(picture.convert("L" if picture.mode in ("1", "L") else "RGB")))


def _resized(band: np.ndarray, size: tuple[int, int], box: tuple[float, float, float, float]) -> np.ndarray:
    # Pillow averages 8 bits without making floats of a large picture first.
    whole = band if band.dtype == np.uint8 else band.astype(np.float32)
    height, width = whole.shape
    kept = (0.0, 0.0, min(box[2], float(width)), min(box[3], float(height)))  # which rounding may exceed
    reduced = Pillow.fromarray(np.ascontiguousarray(whole)).resize(size, Pillow.Resampling.BOX, box=kept)
    return np.asarray(reduced, dtype=np.float32)
