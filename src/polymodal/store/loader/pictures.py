"""Pictures of one batch in one array, each decoded once and straight to where it stays, or next to it."""

from __future__ import annotations

from collections.abc import Sequence
from threading import local

import numpy as np

from polymodal.modalities._jpeg import decode_into, plain_sizes
from polymodal.schema.cells import Unreadable
from polymodal.schema.modality import Modality
from polymodal.store.disk.cell import array_in
from polymodal.store.disk.columns import Column
from polymodal.store.loader.buffers import Buffers
from polymodal.store.loader.decoding import Arrays, Decoder, Packed, Part, bytes_of
from polymodal.store.loader.window import Window

_SCRATCH = local()


class Pictures(Decoder):
    """Pictures `[n, H, W, 3]` uint8, each in the upper left corner, with a mask `[n, H, W]` where sizes differ."""

    def __init__(self, name: str, column: Column, modality: Modality, size: int) -> None:
        self.column, self.size = column, size
        self._slow = Arrays(name, column, modality)

    def pack(self, parts: Sequence[Part], buffers: Buffers) -> Packed:
        cells = bytes_of(parts, self.column)
        sides = np.concatenate([self._sides(part.window)[part.rows] for part in parts])
        ready: dict[int, np.ndarray] = {}
        lost: dict[int, Unreadable] = {}
        for place in (sides[:, 0] == 0).nonzero()[0].tolist():
            self._slowly(place, cells[place], ready, lost)
            if place in ready:
                sides[place] = ready[place].shape[:2]
        height, width = sides.max(axis=0).tolist() if len(sides) else (0, 0)
        values = buffers.room((len(cells) - len(lost), height, width, 3), np.uint8)
        is_whole = bool((np.delete(sides, list(lost), axis=0) == (height, width)).all())
        if not is_whole:
            values.fill(0)  # beside the pictures; picture by picture, threads would wait for each other more often
        at, scratch = 0, _scratch(height * width * 3)
        for place, (high, wide) in enumerate(sides.tolist()):
            if place in lost:
                continue
            own = values[at, :high, :wide]
            pixels = ready.get(place)
            if pixels is None:
                pixels = decode_into(cells[place], own if wide == width else scratch)
                if pixels is None or pixels.shape != own.shape:
                    values[at] = 0
                    self._slowly(place, cells[place], ready, lost)
                    if place in lost:
                        continue  # its place is taken by the next one
                    own[:] = ready[place]
                elif wide != width:
                    own[:] = pixels
            else:
                own[:] = pixels
            at += 1
        if is_whole:
            return Packed(values[:at], None, lost)
        mask = buffers.room((at, height, width), np.bool_)
        _mask(np.delete(sides, list(lost), axis=0) if lost else sides, mask)
        return Packed(values[:at], mask, lost)

    def look(self, window: Window) -> None:
        self._sides(window)

    def _sides(self, window: Window) -> np.ndarray:
        """`[m, 2]` height and width of each picture that needs nothing but decoding; (0, 0) of all others."""
        return window.once(f"{self.column.name} sides", lambda: self._looked(window))

    def _looked(self, window: Window) -> np.ndarray:
        cells = window.spans(self.column.name)
        sides = np.zeros((len(cells.piece), 2), dtype=np.int64)
        for number, memory in enumerate(cells.pieces):
            first, last = np.searchsorted(cells.piece, [number, number + 1])
            sides[first:last] = plain_sizes(memory, cells.start[first:last], cells.stop[first:last], self.size)
        return sides

    def _slowly(self, place: int, cell: memoryview, ready: dict[int, np.ndarray], lost: dict[int, Unreadable]) -> None:
        try:
            array = array_in(cell)
            is_picture = array is not None and array.ndim == 3 and array.shape[2] == 3 and array.dtype == np.uint8
            fits = array is not None and is_picture and max(array.shape) <= self.size
            ready[place] = array if array is not None and fits else self._slow.decoded(cell)
        except Unreadable as fault:
            lost[place] = fault


def _mask(sides: np.ndarray, mask: np.ndarray) -> None:
    """Where the pixels of pictures of these sides are, in `mask [n, H, W]`."""
    count, height, width = mask.shape
    # Whole lines, of which there are few kinds: none of a line, or as much of it as its picture is wide.
    lines = np.arange(width) < np.concatenate([[0], sides[:, 1]])[:, None]
    which = np.where(np.arange(height) < sides[:, :1], np.arange(1, count + 1)[:, None], 0)
    lines.take(which, axis=0, out=mask, mode="clip")  # "raise", the default, fills another array first


def _scratch(size: int) -> np.ndarray:
    """Memory of this thread alone, for pictures that are narrower than their batch."""
    room: np.ndarray | None = getattr(_SCRATCH, "room", None)
    if room is None or len(room) < size:
        room = _SCRATCH.room = np.empty(size, dtype=np.uint8)
    return room
