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


def plain_sizes(memory: memoryview, starts: np.ndarray, stops: np.ndarray, longest: int) -> np.ndarray:
    """`[n, 2]` height and width, as `plain_size`, of files in one piece of memory; (0, 0) where that is None.

    Those that are of one making as the first are told together, by their first bytes.
    """
    sizes = np.zeros((len(starts), 2), dtype=np.int64)
    [left] = (stops - starts >= len(_START)).nonzero()
    if _simplejpeg() is None or not len(left):
        return sizes
    first = memory[starts[left[0]] : stops[left[0]]]
    _, at, until = _segments(first[:_HEAD]) or ((0, 0), 0, 0)
    if at and first[: len(_START)] == _START:
        made = left[stops[left] - starts[left] >= until]
        # Each head as one value, since NumPy takes its bytes out one by one otherwise.
        whole = np.ndarray((len(memory) - until + 1,), dtype=f"V{until}", buffer=memory, strides=(1,))
        heads = whole[starts[made]].view(np.uint8).reshape(-1, until)
        noted = heads[:, at : at + 4].copy()
        heads[:, at : at + 4] = np.frombuffer(first[at : at + 4], dtype=np.uint8)
        is_same = (heads == np.frombuffer(first[:until], dtype=np.uint8)).all(axis=1)
        found = noted[is_same].view(">u2").astype(np.int64)
        sizes[made[is_same]] = np.where((found.min(axis=1) > 0) & (found.max(axis=1) <= longest), found.T, 0).T
        left = np.setdiff1d(left, made[is_same], assume_unique=True)
    for place in left.tolist():
        sizes[place] = plain_size(memory[starts[place] : stops[place]], longest) or (0, 0)
    return sizes


def decode_into(data: bytes | memoryview, room: np.ndarray) -> np.ndarray | None:
    """The pixels `[H, W, 3]` in the memory of `room`, which begins with them; None when the file is damaged.

    `room` is contiguous uint8, and large enough for the size that the file notes.
    """
    package = _simplejpeg()
    assert package is not None
    try:
        pixels: np.ndarray = package.decode_jpeg(data, buffer=room)
    except ValueError:
        return None
    return pixels


def decoded(data: bytes | memoryview, longest: int) -> np.ndarray | None:
    """`[H, W, 3]` uint8, or None for what Pillow has to look at: other files, and damaged ones, which it can name."""
    size = plain_size(data, longest)
    if size is None:
        return None
    return decode_into(data, np.empty((*size, 3), dtype=np.uint8))


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
