"""Pictures, volumes and masks as files."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from polymodal.errors import ArtifactError, DataError, SettingError, near_miss

ENDINGS = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp", ".npy")
_LOSSY = (".jpg", ".jpeg")


def refuse_ending(path: Path, option: str, is_mask: bool) -> None:
    """Raises SettingError for endings that are not known, and for labels in a format that changes them."""
    if path.suffix.lower() not in ENDINGS:
        raise SettingError(f"{option} {path}: unknown ending. {near_miss(path.suffix.lower(), ENDINGS)}")
    if is_mask and path.suffix.lower() in _LOSSY:
        raise SettingError(f"{option} {path}: JPEG changes labels; take .png, .tif or .npy")


def read(path: Path) -> np.ndarray:
    """`[height, width(, channels)]`, turned as the file says; raises DataError for a file that cannot be read."""
    from PIL import Image, ImageOps  # slow to import

    try:
        if path.suffix.lower() == ".npy":
            found: np.ndarray = np.load(path, allow_pickle=False)
            return found
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata and of large sizes
            with Image.open(path) as opened:
                picture: Image.Image = ImageOps.exif_transpose(opened)
                if picture.mode == "P":
                    picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
                return np.asarray(picture)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} cannot be read as a picture: {getattr(error, 'strerror', None) or error}") from error


def read_labels(path: Path) -> np.ndarray:
    """The same for a mask, in which the numbers of a palette are the labels."""
    from PIL import Image  # slow to import

    if path.suffix.lower() != ".npy":
        try:
            with Image.open(path) as opened:
                if opened.mode == "P":
                    return np.asarray(opened)
        except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
            raise DataError(f"{path} cannot be read as a mask: {getattr(error, 'strerror', None) or error}") from error
    return read(path)


def write(array: np.ndarray, path: Path) -> None:
    """By the ending; raises ArtifactError when it cannot be written, or the format cannot hold such numbers."""
    from PIL import Image  # slow to import

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() == ".npy":
            np.save(path, array)
        else:
            Image.fromarray(array).save(path)
    except (OSError, TypeError, ValueError) as error:
        told = getattr(error, "strerror", None) or error
        raise ArtifactError(f"cannot write {array.dtype} {list(array.shape)} into {path}: {told}; .npy holds every "
                            "array") from error  # fmt: skip
