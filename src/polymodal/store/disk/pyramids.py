"""Large pictures with smaller copies of themselves, each level half of the one before, made once as they come in."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from threading import Lock
from typing import Any

from PIL import Image as Pillow

from polymodal.modalities._pyramid import pyramid
from polymodal.modalities.image import BROKEN, check_size, said_of, upright_rgb
from polymodal.schema.cells import Unreadable

LARGE = 1024  # pixels of the longest side, from which on smaller copies are worth their room
_LEAST = 128  # of the smallest level, at most
_MANY = 2**24  # pixels, of which only one picture at a time is in memory
_one_at_a_time = Lock()


def with_levels(data: bytes, encoded: Callable[[Pillow.Image], bytes]) -> Any:
    """A raw cell of the picture and its levels; the picture alone where it is not large. Raises Unreadable for none.

    Levels are means of two by two pixels; of a JPEG the first is decoded at half its size, so that the whole picture
    is never in memory.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd metadata and large sizes, which are decided on here
            with Pillow.open(io.BytesIO(data)) as picture:
                check_size(picture, None)
                width, height = picture.size
                if max(width, height) < LARGE:
                    return data
                with _alone(width * height):
                    sides, levels = _levels(picture, encoded)
    except BROKEN as error:
        raise Unreadable(f"not a readable picture: {said_of(error)}") from error
    return pyramid([max(width, height), *sides], [data, *levels])


def _levels(picture: Pillow.Image, encoded: Callable[[Pillow.Image], bytes]) -> tuple[list[int], list[bytes]]:
    """Longest sides and files of the levels below a picture."""
    half = (max(picture.size) + 1) // 2
    picture.draft("RGB", ((picture.size[0] + 1) // 2, (picture.size[1] + 1) // 2))
    level = upright_rgb(picture, None)
    if max(level.size) > half:
        level = level.reduce(2)
    sides, levels = [max(level.size)], [encoded(level)]
    while max(level.size) > _LEAST:
        level = level.reduce(2)
        sides.append(max(level.size))
        levels.append(encoded(level))
    return sides, levels


@contextmanager
def _alone(pixels: int) -> Iterator[None]:
    with _one_at_a_time if pixels >= _MANY else nullcontext():
        yield
