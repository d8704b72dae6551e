"""Frames of a video at given times: read where they are, shown as the camera was held, no larger than asked."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from polymodal.modalities._container import MAX_PIXELS, broken_kinds, opened, strictly
from polymodal.schema.cells import Unreadable

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer

_MOST_DECODED = 1 << 35  # pixels of a file: eleven minutes of full HD
_MOST_SECONDS = 7 * 24 * 3600
_HOLLOW = bytes(64)  # what no compressed picture has inside: blocks that a disk or a download has lost
_COMPRESSED = ("h264", "hevc", "mjpeg", "mpeg4", "vp8", "vp9")
_CHUNK = 8  # bytes before a frame in an AVI file
_COUNTED = ("mov", "avi", "gif")  # formats that tell how long each frame is shown
_HAIR = 1e-4  # seconds by which stamps are rounded
_TOLERATED = 0.05  # seconds at the end that no frame covers


def frames_at(source: Path | bytes, n: int, clip: float | None, size: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Times in seconds from the first frame, and frames `[H, W, 3]` uint8 whose longer side is at most `size`.

    They are what is seen in the middle of `n` equal parts of the video, or of the `clip` seconds in its middle; a
    frame seen in several is there once. Raises Unreadable for what is no video, damaged or too much.
    """
    with opened(source, "video") as container:
        reader = _Reader(container)
        begin, end = reader.span()
        if clip is not None and clip < end - begin:
            begin, end = (begin + end - clip) / 2, (begin + end + clip) / 2
        wanted = (begin + (np.arange(n) + 0.5) * (end - begin) / n + _HAIR).tolist()
        try:
            times, pictures = _seen(reader, wanted, reader.keys(), size)
        except broken_kinds():
            # Frames after a key may rest on some before it; read from the start nothing is lacking.
            if not reader.has_jumped:
                raise
            container.seek(0)
            times, pictures = _seen(reader, wanted, [], size)
        return np.array(times) - reader.first, pictures


def each_frame(source: Path | bytes, size: int, longest: float) -> Iterator[tuple[float, np.ndarray]]:
    """Of every frame of the first `longest` seconds, when it is seen by the clock of the file, and the frame itself.

    Frames are those of `frames_at`, one at a time. Raises what that does.
    """
    with opened(source, "video") as container:
        reader = _Reader(container)
        first, end = reader.span()
        shape: tuple[int, int] | None = None
        shown = None
        for shown in reader.every():
            if shown[0] - first > longest:
                return
            shape = shape or _shape(shown[1], reader.aspect, size)
            yield shown[0], _picture(shown[1], shape)
        if shown is None:
            raise Unreadable("no picture of it can be decoded")
        reader.check_reached(shown, None, end)


def _seen(reader: _Reader, wanted: list[float], keys: list[int], size: int) -> tuple[list[float], list[np.ndarray]]:
    times: list[float] = []
    pictures: list[np.ndarray] = []
    shape: tuple[int, int] | None = None
    for time, frame in reader.at(wanted, keys):
        if not times or time > times[-1]:
            times.append(time)
            shape = shape or _shape(frame, reader.aspect, size)  # some change their size on the way
            pictures.append(_picture(frame, shape))
    return times, pictures


@dataclass
class _Reader:
    """The video stream of an open file."""

    container: InputContainer
    stream: Any = field(init=False)
    first: float = field(init=False, default=0.0)
    has_jumped: bool = field(init=False, default=False)
    _late: float | None = field(init=False, default=None)
    _decoded: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        streams = [one for one in self.container.streams.video if not _is_cover(one)]
        if not streams:
            has_sound = bool(self.container.streams.audio)
            raise Unreadable("it holds sound and no pictures" if has_sound else "there are no pictures in it")
        self.stream = strictly(streams[0])
        width, height = self.stream.codec_context.width, self.stream.codec_context.height
        if not 0 < width * height <= MAX_PIXELS:
            told = f"{width} x {height} pixels is" if width * height else "the size of its pictures is not told, or"
            raise Unreadable(f"{told} over the limit of {MAX_PIXELS:,}; make it smaller first")
        self.unit = float(self.stream.time_base)
        self.is_counted = self.container.format.name.split(",")[0] in _COUNTED

    @property
    def aspect(self) -> float:
        """How much wider than high a pixel is."""
        return float(self.stream.sample_aspect_ratio or 1)

    def span(self) -> tuple[float, float]:
        """When the first frame is shown and when the last one ends, in seconds of the file's clock."""
        begin = self.stream.start_time
        if self.is_counted and begin is not None and self.stream.duration:
            self.first, end = begin * self.unit, (begin + self.stream.duration) * self.unit
        else:
            self.first, end = self._span_of_packets()
        if not 0 < end - self.first <= _MOST_SECONDS:
            raise Unreadable(f"it states to last {end - self.first:g} seconds; at most {_MOST_SECONDS:,} are read")
        return self.first, end

    def keys(self) -> list[int]:
        """Stamps of the frames that reading can begin with, as far as the file has a list of them."""
        if self.container.format.name.startswith("matroska"):
            self.container.seek(self.stream.start_time or 0, stream=self.stream)  # its list is read when it is needed
        listed = self.is_counted or self.container.format.name.startswith("matroska")
        return [one.timestamp for one in self.stream.index_entries if one.is_keyframe] if listed else []

    def every(self) -> Iterator[tuple[float, VideoFrame]]:
        """All frames in the order they are seen."""
        return self._from(None)

    def at(self, times: list[float], keys: list[int]) -> Iterator[tuple[float, VideoFrame]]:
        """For each of the ascending times the frame that is seen, with the time from which on it is."""
        frames = self._from(None)
        shown, following = next(frames, None), next(frames, None)
        if shown is None:
            raise Unreadable("no picture of it can be decoded")
        for time in times:
            place = bisect_right(keys, time / self.unit) - 1
            # Reading on decodes all that lies between; a key that is nearer saves it.
            if following is not None and place >= 0 and keys[place] * self.unit > following[0]:
                while True:
                    frames = self._from(keys[place])
                    shown, following = next(frames, None) or shown, next(frames, None)
                    if shown[0] <= time or place == 0:
                        break
                    place -= 1  # the key is stored before, but seen after that time
            while following is not None and following[0] <= time:
                shown, following = following, next(frames, None)
            self.check_reached(shown, following, time)
            yield shown

    def _span_of_packets(self) -> tuple[float, float]:
        """Read off every packet; none is decoded."""
        packets = [(one.pts, one.duration or 0) for one in self.container.demux(self.stream) if one.pts is not None]
        self.container.seek(0)
        if not packets:
            raise Unreadable("there are no pictures in it")
        begin, last = min(packets)[0], max(packets)
        gap = last[1] or (last[0] - begin) / max(len(packets) - 1, 1) or 1 / self.unit
        return begin * self.unit, (last[0] + gap) * self.unit

    def _from(self, key: int | None) -> Iterator[tuple[float, VideoFrame]]:
        """Frames in the order they are seen, from a key on, or from where the file stands."""
        if key is not None:
            self.has_jumped = True
            self.container.seek(key, stream=self.stream)
        is_compressed = self.stream.codec_context.name in _COMPRESSED
        for packet in self.container.demux(self.stream):
            if is_compressed and _HOLLOW in bytes(packet):
                raise Unreadable("it is damaged: there are holes in it")
            # An AVI file counts its frames as they come; one that is lost would make all others early.
            listed = self._places.get(packet.dts, packet.pos)
            if packet.pos is not None and not 0 <= packet.pos - listed <= _CHUNK:
                raise Unreadable("it is damaged: a frame is lost")
            for frame in packet.decode():
                self._decoded += frame.width * frame.height
                if self._decoded > _MOST_DECODED:
                    raise Unreadable(f"over {_MOST_DECODED:,} pixels have to be decoded; cut it or make it smaller")
                if packet.is_corrupt or frame.is_corrupt:
                    raise Unreadable("it is damaged: a frame cannot be decoded as a whole")
                stamp = frame.dts if frame.pts is None else frame.pts
                if stamp is None:
                    continue
                if self._late is None:
                    # AVI tells when frames are stored, not when they are seen; the first is seen at the beginning.
                    self._late = stamp * self.unit - self.first if self.container.format.name == "avi" else 0.0
                yield stamp * self.unit - self._late, frame

    @cached_property
    def _places(self) -> dict[int | None, int]:
        """Where in an AVI file each frame is stored by its stamp, if it lists them all and leaves none out."""
        entries = list(self.stream.index_entries) if self.container.format.name == "avi" else []
        return {one.timestamp: one.pos for one in entries} if all(one.size for one in entries) else {}

    def check_reached(self, shown: tuple[float, VideoFrame], following: Any, time: float) -> None:
        """A last frame is seen for as long as it says; what comes after has not been found."""
        end = shown[0] + shown[1].duration * self.unit
        if self.is_counted and following is None and time > end + _TOLERATED:
            raise Unreadable(f"it is damaged: its pictures end {end - self.first:.3g} s after they began")


def _is_cover(stream: Any) -> bool:
    """A picture beside a piece of music is no video."""
    return "attached_pic" in stream.disposition.name.lower() if stream.disposition else False


def _shape(frame: VideoFrame, aspect: float, size: int) -> tuple[int, int]:
    """Height and width to be shown in: pixels as wide as high, the longer side at most `size`."""
    shape = np.array([frame.height, frame.width]) * ([1, aspect] if aspect > 1 else [1 / aspect, 1])
    height, width = np.maximum(1, (shape * min(1, size / shape.max())).round())
    return int(height), int(width)


def _picture(frame: VideoFrame, shape: tuple[int, int]) -> np.ndarray:
    """Upright, in RGB, what is transparent laid on white."""
    height, width = shape
    has_alpha = any(one.is_alpha for one in frame.format.components) or frame.format.has_palette
    small = frame.reformat(
        width=width, height=height, format="rgba" if has_alpha else "rgb24", interpolation="AREA"
    ).to_ndarray()
    if has_alpha:
        shares = small[:, :, 3:].astype(np.float32) / 255
        small = (small[:, :, :3] * shares + 255 * (1 - shares)).round().astype(np.uint8)
    return _upright(small, frame)


def _upright(picture: np.ndarray, frame: VideoFrame) -> np.ndarray:
    """Turned and mirrored as the display matrix says, by the quarter turn that is nearest."""
    sides: Any = frame.side_data
    for one in sides:
        if one.type.name == "DISPLAYMATRIX":
            across, down = np.frombuffer(bytes(one), dtype=np.int32).reshape(3, 3)[:2, :2].astype(np.int64)
            if abs(across[0]) < abs(across[1]):
                picture, across, down = picture.transpose(1, 0, 2), down, across
            picture = picture[:: -1 if down[1] < 0 else 1, :: -1 if across[0] < 0 else 1]
    return np.ascontiguousarray(picture)
