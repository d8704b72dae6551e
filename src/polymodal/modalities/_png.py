"""The sums that a PNG file holds of its own parts, which Pillow does not look at for the pixels."""

from __future__ import annotations

import struct
import zlib

FIRST = b"\x89"  # byte of every PNG
_START = b"\x89PNG\r\n\x1a\n"
_HEAD, _SUM = struct.Struct(">I4s"), struct.Struct(">I")


def damage(data: bytes | memoryview) -> str | None:
    """What is wrong with a PNG (ISO 15948, 5.3), None for nothing and for every other file.

    >>> import io
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (4, 4)).save(file, format="PNG")
    >>> damage(file.getvalue()), damage(file.getvalue()[:-20])
    (None, 'it is cut off')
    >>> damage(file.getvalue().replace(b"IDATx", b"IDATy"))
    'the sum of its part IDAT does not match'
    """
    if bytes(data[: len(_START)]) != _START:
        return None
    view, at = memoryview(data), len(_START)
    while at + _HEAD.size + _SUM.size <= len(view):
        length, kind = _HEAD.unpack_from(view, at)
        end = at + _HEAD.size + length
        if end + _SUM.size > len(view):
            break
        if zlib.crc32(view[at + 4 : end]) != _SUM.unpack_from(view, end)[0]:
            return f"the sum of its part {kind.decode('latin-1')} does not match"
        if kind == b"IEND":
            return None
        at = end + _SUM.size
    return "it is cut off"
