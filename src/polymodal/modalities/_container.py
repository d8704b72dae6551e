"""Files of moving pictures and their sound: what they are, told by how they begin, and whether all of them is there.

FFmpeg is told the format instead of guessing it: some of the formats it would guess are lists of further files and
addresses, which it would then read.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from polymodal.errors import MissingExtraError
from polymodal.schema.cells import Unreadable

if TYPE_CHECKING:
    from av.container import InputContainer

SUFFIXES = (".mp4", ".m4v", ".mov", ".3gp", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts")
MAX_PIXELS = 100_000_000  # of one picture
_STILL = (b"avif", b"heic", b"heix", b"mif1")  # pictures in the same boxes as MP4
_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_SEGMENT, _CRC = 0x18538067, 0xBF
_MOST_SUMMED = 1 << 26  # bytes of a file up to which all of it is looked at
_BEGINNING = 400
_STRICT = {"err_detect": "explode+crccheck+bitstream+buffer", "max_pixels": str(MAX_PIXELS)}
# What FFmpeg would paint over is to be an error: `ec` are the ways in which it would.
_DECODER = {**_STRICT, "ec": "0"}


def format_of(start: bytes) -> str | None:
    """FFmpeg's name of the format that a file begins as, None for others than are read.

    >>> format_of(b"GIF89a"), format_of(b"\\0\\0\\0\\x20ftypisom"), format_of(b"#EXTM3U")
    ('gif', 'mov', None)
    """
    if start[4:8] in _BOXES:
        return None if start[4:8] == b"ftyp" and start[8:12] in _STILL else "mov"
    if start[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    if start[:4] == b"RIFF" and start[8:11] == b"AVI":
        return "avi"
    if start[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if start[:4] == b"\0\0\x01\xba":
        return "mpeg"
    return "mpegts" if _packet_of(start) else None


@contextmanager
def opened(source: Path | bytes, what: str) -> Iterator[InputContainer]:
    """The file or its bytes as PyAV has it.

    Raises Unreadable when it is none, empty, cut off or damaged, as found here or by what is done with it;
    MissingExtraError without PyAV, which names `what` was to be read.
    """
    try:
        import av
    except ImportError as error:
        raise MissingExtraError(f"reading files of {what}", "video") from error
    path = str(source) if isinstance(source, Path) else None
    try:
        kind = _checked(source, path)
        file = io.BytesIO(source) if isinstance(source, bytes) else str(source)
        with av.open(file, "r", format=kind, options=_STRICT, metadata_errors="replace") as container:
            yield container
    except Unreadable as fault:
        raise Unreadable(fault.reason, fault.path or path) from fault
    except broken_kinds() as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise Unreadable(f"not a readable file of {what}: {reason[:1].lower()}{reason[1:]}", path) from error


def broken_kinds() -> tuple[type[Exception], ...]:
    """What reading broken bytes raises."""
    import av

    return Unreadable, av.FFmpegError, OSError, ValueError, OverflowError, MemoryError


def strictly(stream: Any) -> Any:
    """The stream with a decoder that gives up where it would otherwise guess. Raises Unreadable for one unknown."""
    if stream.codec_context is None:
        raise Unreadable("what it was compressed with is not known here, or its header is damaged")
    stream.codec_context.options = _DECODER
    stream.codec_context.thread_count = 1  # rows are decoded side by side already
    return stream


def _checked(source: Path | bytes, path: str | None) -> str:
    file: BinaryIO = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
    with file:
        size = file.seek(0, io.SEEK_END)
        if not size:
            raise Unreadable("the file is empty", path)
        start = _at(file, 0, _BEGINNING)
        kind = format_of(start)
        if kind is None:
            read = "MP4, MOV, Matroska, WebM, AVI, MPEG and GIF are read"
            raise Unreadable(f"not a video: {read}, and this begins as none of them", path)
        end = size
        if kind == "mov":
            end = _end_of_boxes(file, size)
        elif kind == "avi":
            end = _end_of_chunks(file, size)
        elif kind == "matroska":
            end = _end_of_segments(file, size, path)
        elif kind == "gif":
            _check_blocks(_at(file, 0, size), path)
        elif kind == "mpegts":
            _check_packets(file, size, _packet_of(start), path)
    if end > size:
        raise Unreadable(f"it is cut off: {end:,} bytes are announced, {size:,} are there", path)
    return kind


def _packet_of(start: bytes) -> int:
    """Bytes of a packet of an MPEG transport stream, 0 when it is none."""
    for length, first in ((188, 0), (192, 4)):
        places = range(first, min(len(start), _BEGINNING), length)
        if len(places) > 1 and all(start[place] == 0x47 for place in places):
            return length
    return 0


def _check_blocks(data: bytes, path: str | None) -> None:
    """A GIF file is a chain of blocks; FFmpeg looks for the next one where the chain is broken."""
    place = 13 + _palette(data[10:11])
    while data[place : place + 1] != b";":
        kind = data[place : place + 1]
        if kind == b",":
            place += 11 + _palette(data[place + 9 : place + 10])
        elif kind == b"!":
            place += 2
        else:
            reason = "it is damaged: its chain of blocks is broken" if kind else "it is cut off: its end is missing"
            raise Unreadable(reason, path)
        while data[place : place + 1] not in (b"", b"\0"):
            place += 1 + data[place]
        place += 1


def _palette(flags: bytes) -> int:
    """Bytes of the table of colours that such flags announce."""
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0


def _check_packets(file: BinaryIO, size: int, length: int, path: str | None) -> None:
    if size % length:
        raise Unreadable("it is cut off in the middle of a packet", path)
    # The first byte of each packet, behind a time stamp of four where packets are longer.
    if size <= _MOST_SUMMED and _at(file, 0, size)[length - 188 :: length].strip(b"\x47"):
        raise Unreadable("it is damaged: not every packet begins as it should", path)


def _at(file: BinaryIO, place: int, length: int) -> bytes:
    file.seek(place)
    return file.read(length)


def _end_of_boxes(file: BinaryIO, size: int) -> int:
    """Where the last box of an MP4 or QuickTime file ends."""
    place = 0
    while place + 8 <= size:
        head = _at(file, place, 16)
        length = int.from_bytes(head[:4], "big")
        if length == 1 and len(head) == 16:
            length = int.from_bytes(head[8:], "big")
        if length < 8 or not head[4:8].isalnum():
            return size  # up to the end of the file, or nothing that means anything
        place += length
    return place


def _end_of_chunks(file: BinaryIO, size: int) -> int:
    """Where the last RIFF chunk of an AVI file ends."""
    place = 0
    while place + 8 <= size:
        head = _at(file, place, 8)
        length = int.from_bytes(head[4:], "little")
        if head[:4] != b"RIFF" or not length:
            return max(place, size)
        place += 8 + length
    return place


def _end_of_segments(file: BinaryIO, size: int, path: str | None) -> int:
    """Where the last segment of a Matroska file ends; check sums of its parts are compared. A stream tells no end."""
    place = 0
    while place < size:
        kind, begin, end = _element(file, place)
        if end is None:
            return size
        if kind != _SEGMENT or end > size or size > _MOST_SUMMED:
            place = end
            continue
        while begin < end:
            _, inside, after = _element(file, begin)
            if after is None or after > end:
                break
            head = _at(file, inside, 6)
            if head[0:2] == bytes([_CRC, 0x84]):
                found = zlib.crc32(_at(file, inside + 6, after - inside - 6))
                if found != int.from_bytes(head[2:], "little"):
                    raise Unreadable("it is damaged: a check sum does not match", path)
            begin = after
        place = end
    return place


def _element(file: BinaryIO, place: int) -> tuple[int, int, int | None]:
    """What an EBML element is, where its content begins and where it ends, None when it does not say."""
    head = _at(file, place, 12)
    length = 9 - head[0].bit_length() if head else 9
    if length > 4 or len(head) <= length or not head[length]:
        return 0, place, None
    n = 9 - head[length].bit_length()
    stated = int.from_bytes(head[length : length + n], "big") & ((1 << 7 * n) - 1)
    begin = place + length + n
    return int.from_bytes(head[:length], "big"), begin, None if stated == (1 << 7 * n) - 1 else begin + stated
