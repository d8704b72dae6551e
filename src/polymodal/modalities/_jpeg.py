"""Small JPEG files decoded by libjpeg-turbo directly, where that is installed: the same pixels, three times faster."""

from __future__ import annotations

import re
import struct
from functools import cache
from types import ModuleType

import numpy as np

_START = b"\xff\xd8\xff"
_PLAIN = ("YCbCr", "Gray")  # colours that need no profile or inversion to become RGB
_CMYK = ("CMYK", "YCCK")
_STRAY = re.compile(r"(\d+) extraneous bytes")
_FEW = 16  # stray bytes, as some cameras write them; a flipped bit leaves more of what followed it
_TURNED = b"Exif\0"  # opens what a camera notes, among it how it was held
_SEGMENT, _FRAME = struct.Struct(">HH").unpack_from, struct.Struct(">xHHB").unpack_from
_JFIF, _CAMERA, _FRAMES, _PIXELS = 0xFFE0, 0xFFE1, (0xFFC0, 0xFFC1, 0xFFC2), 0xFFDA
# Tables, and what applications note; but for Adobe's, which may say that colours are others.
_PASSED = frozenset({0xFFC4, 0xFFDB, 0xFFDD, 0xFFFE, *range(0xFFE1, 0xFFF0)} - {0xFFEE})
_MOST_SEGMENTS = 64
_HEAD = 1024  # bytes, among which a small JPEG notes its size and how its pixels are coded
_SIZE = struct.Struct(">HH").unpack_from


@cache
def _simplejpeg() -> ModuleType | None:
    try:
        import simplejpeg
    except ImportError:
        return None
    found: ModuleType = simplejpeg
    return found


def plain_size(data: bytes | memoryview, longest: int) -> tuple[int, int] | None:
    """Height and width of a JPEG that needs nothing but decoding, None for every other file and without the package.

    That is one of at most `longest` pixels a side that nobody turned, in plain colours.
    """
    package = _simplejpeg()
    if package is None or data[:3] != _START:
        return None
    size = _noted_size(data)
    if size is None:
        try:
            height, width, colours, _ = package.decode_jpeg_header(data)
        except ValueError:
            return None
        size = (0, 0) if colours not in _PLAIN or _TURNED in bytes(data) else (height, width)
    return size if 0 < max(size) <= longest else None


class _Sizes:
    """Height and width of JPEGs of the usual making, (0, 0) of one that may be turned; None for all others.

    To ask the package, and to look for a camera's notes everywhere, takes three times as long. A picture that was made
    as the last one differs from it, before its pixels begin, in nothing but its size.

    Attributes:
        last: where the last one noted its size, its bytes before that, and those after it until its pixels begin.
    """

    last: tuple[int, bytes, bytes] = 0, b"?", b""

    def __call__(self, data: bytes | memoryview) -> tuple[int, int] | None:
        head = bytes(data[:_HEAD])
        at, before, after = self.last  # at once, since other threads set it too
        if head.startswith(before) and head.startswith(after, at + 4):
            return _SIZE(head, at)
        found = _segments(data)
        if found is None:
            return None
        size, at, until = found
        if at and until <= len(head):
            self.last = at, head[:at], head[at + 4 : until]
        return size


_noted_size = _Sizes()


def _segments(data: bytes | memoryview) -> tuple[tuple[int, int], int, int] | None:
    """The size, where it is noted, and where pixels begin, as the segments before those tell."""
    at, is_jfif, noted = 2, False, 0
    size = None
    try:
        for _ in range(_MOST_SEGMENTS):
            marker, length = _SEGMENT(data, at)
            if marker == _PIXELS:
                return None if size is None else (size, noted, at + 2)
            if marker in _PASSED:
                if marker == _CAMERA and data[at + 4 : at + 9] == _TURNED:
                    return (0, 0), 0, 0
            elif marker == _JFIF:
                is_jfif = is_jfif or data[at + 4 : at + 9] == b"JFIF\0"
            elif marker in _FRAMES and size is None:
                height, width, components = _FRAME(data, at + 4)
                if components != 1 and not (components == 3 and is_jfif):
                    return None
                size, noted = (height, width), at + 5
            else:
                return None
            at += 2 + length
    except struct.error:  # cut off
        pass
    return None


def decode_into(data: bytes | memoryview, pixels: np.ndarray) -> bool:
    """Fill `pixels [H, W, 3]` uint8, contiguous and of the size of the picture; False when the file is damaged."""
    package = _simplejpeg()
    assert package is not None
    try:
        package.decode_jpeg(data, buffer=pixels)
    except ValueError:
        return False
    return True


def decoded(data: bytes | memoryview, longest: int) -> np.ndarray | None:
    """`[H, W, 3]` uint8, or None for what Pillow has to look at: other files, and damaged ones, which it can name."""
    size = plain_size(data, longest)
    if size is None:
        return None
    pixels = np.empty((*size, 3), dtype=np.uint8)
    return pixels if decode_into(data, pixels) else None


def damage(data: bytes | memoryview) -> str | None:
    """What is wrong with the coded pixels of a JPEG, which Pillow decodes to other ones in silence; None for nothing.

    A JPEG has no sum: a flipped bit after which the codes still add up cannot be told.
    """
    package = _simplejpeg()
    if package is None or data[:3] != _START:
        return None
    try:
        colours = package.decode_jpeg_header(data)[2]
        kept = "CMYK" if colours in _CMYK else "RGB"
        package.decode_jpeg(data, colorspace=kept, min_height=1, min_width=1, min_factor=8)
    except ValueError as error:
        said = str(error)
        stray = _STRAY.search(said)
        is_damage = said.startswith(("Corrupt JPEG data", "Premature end")) and not (stray and int(stray[1]) < _FEW)
        return said if is_damage else None  # Pillow names what it cannot read at all
    return None
