"""Where the bytes of cells stand in memory, and cells that are arrays of one type and shape as one array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from polymodal.store.disk.cell import array_in
from polymodal.store.disk.views import spans
from polymodal.store.loader.buffers import Buffers

_SHORT = 2**12  # bytes of a cell that cost less to copy than to find
_FEW = 2**16  # bytes of a cell that are copied sooner than another thread would have its turn


@dataclass(frozen=True)
class Kind:
    """What all cells of a column are.

    Attributes:
        header: the bytes before the memory of the array.
        type, shape: of the array.
        size: bytes of its memory.
    """

    header: bytes
    type: np.dtype
    shape: tuple[int, ...]
    size: int


@dataclass(frozen=True)
class Spans:
    """Where the bytes of each cell of a column stand: in which piece of memory, from where to where."""

    pieces: list[memoryview]
    piece: np.ndarray
    start: np.ndarray
    stop: np.ndarray

    @classmethod
    def of(cls, cells: pa.ChunkedArray) -> Spans:
        """Of binary or text cells; a null has no bytes."""
        pieces: list[memoryview] = []
        offsets = []
        for chunk in cells.chunks:
            memory, ends = spans(chunk)
            pieces.append(memory)
            offsets.append(ends)
        none = np.zeros(0, dtype=np.int64)
        piece = np.repeat(np.arange(len(pieces)), [len(one) - 1 for one in offsets])
        start, stop = (np.concatenate([none, *(one[cut] for one in offsets)]) for cut in (slice(-1), slice(1, None)))
        return cls(pieces, piece, start, stop)

    def of_rows(self, rows: np.ndarray) -> list[memoryview]:
        """The bytes of some cells, not copied."""
        found = zip(self.piece[rows].tolist(), self.start[rows].tolist(), self.stop[rows].tolist(), strict=True)
        return [self.pieces[piece][start:stop] for piece, start, stop in found]

    @cached_property
    def kind(self) -> Kind | None:
        """Of all cells that have bytes; None where they are no arrays, or not all of one type and shape."""
        [there] = (self.stop > self.start).nonzero()
        first = self.of_rows(there[:1])
        array = array_in(first[0]) if first else None
        if array is None or ((self.stop - self.start)[there] != len(first[0])).any():
            return None
        header = bytes(first[0][: len(first[0]) - array.nbytes])
        for rows in np.split(there, (np.diff(self.piece[there]) != 0).nonzero()[0] + 1):
            cells = self._side_by_side(rows)
            if cells is None or (cells[:, : len(header)] != np.frombuffer(header, np.uint8)).any():
                return None
        return Kind(header, array.dtype, array.shape, array.nbytes)

    def copy(self, rows: np.ndarray, kind: Kind, room: np.ndarray) -> None:
        """Put some arrays into `room [n, ...]`, contiguous and of their type."""
        if self._short is not None:
            arrays, places = self._short
            arrays.take(places[rows], axis=0, out=room, mode="clip")  # "raise", the default, fills another array first
            return
        at, skipped, flat = 0, len(kind.header), room.reshape(-1).view(np.uint8)
        bytes_of = flat if kind.size > _FEW else flat.data
        for piece, start in zip(self.piece[rows].tolist(), (self.start[rows] + skipped).tolist(), strict=True):
            bytes_of[at : at + kind.size] = self.pieces[piece][start : start + kind.size]
            at += kind.size

    @cached_property
    def has_gaps(self) -> bool:
        """Whether a NaN may be among arrays of floats; long ones are looked at as they are due."""
        return self._short is None or bool(np.isnan(self._short[0]).any())

    @cached_property
    def _short(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Short arrays of one kind in one piece of memory: `[k, ...]` all of them, and for each cell which it is."""
        if self.kind is None or self.kind.size > _SHORT or len(self.pieces) != 1:
            return None
        there = self.stop > self.start
        cells = self._side_by_side(there.nonzero()[0])
        assert cells is not None
        arrays = np.ascontiguousarray(cells[:, len(self.kind.header) :]).view(self.kind.type)
        return arrays.reshape(-1, *self.kind.shape), np.cumsum(there) - 1

    def _side_by_side(self, rows: np.ndarray) -> np.ndarray | None:
        """`[n, bytes]` uint8 of cells of one length in one piece of memory; None where anything is between them."""
        starts = self.start[rows]
        first, size = int(starts[0]), int(self.stop[rows[0]] - starts[0])
        if (np.diff(starts) != size).any():
            return None
        memory = self.pieces[self.piece[rows[0]]][first : first + size * len(rows)]
        return np.frombuffer(memory, dtype=np.uint8).reshape(len(rows), size)


def alike(parts: Sequence[tuple[Spans, np.ndarray]], buffers: Buffers) -> tuple[np.ndarray, bool] | None:
    """Arrays `[n, ...]` of some rows of columns that are all of one kind, which most are; None where they are not.

    And whether a NaN may be among them.
    """
    kinds = [cells.kind for cells, _ in parts]
    kind = kinds[0] if kinds else None
    if kind is None or any(one != kind for one in kinds[1:]):
        return None
    values, at = buffers.room((sum(len(rows) for _, rows in parts), *kind.shape), kind.type), 0
    for cells, rows in parts:
        cells.copy(rows, kind, values[at : at + len(rows)])
        at += len(rows)
    return values, kind.type.kind == "f" and any(cells.has_gaps for cells, _ in parts)
