"""Decoders: stored cells of one modality into one packed array, only those that are there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import local

import numpy as np
import pandas as pd
import pyarrow as pa

from polymodal.errors import SettingError
from polymodal.modalities._jpeg import decode_into, plain_size
from polymodal.schema.cells import Unreadable
from polymodal.schema.modality import Modality
from polymodal.store.disk.cell import array_in, from_bytes
from polymodal.store.disk.columns import Column
from polymodal.store.loader.buffers import Buffers
from polymodal.store.loader.spans import alike
from polymodal.store.loader.stacking import gaps_masked, stacked
from polymodal.store.loader.window import Window

_SCRATCH = local()


@dataclass(frozen=True)
class Part:
    """Some rows of a window, by position."""

    window: Window
    rows: np.ndarray

    def where(self, kept: np.ndarray) -> Part:
        """Those of a mask."""
        return Part(self.window, self.rows[kept])


@dataclass(frozen=True)
class Packed:
    """n cells in one array.

    Attributes:
        values: `[n, ...]`.
        mask: where `values` is real; None where all of it is.
        lost: by position among the cells asked for, what could not be decoded; those are not in `values`.
    """

    values: np.ndarray
    mask: np.ndarray | None = None
    lost: dict[int, Unreadable] = field(default_factory=dict)


class Decoder(ABC):
    """What brings cells of one modality into one array."""

    @abstractmethod
    def pack(self, parts: Sequence[Part], buffers: Buffers) -> Packed:
        """The cells of rows that all have one, in memory that the buffers give."""


class Numbers(Decoder):
    """Columns of numbers side by side, `[n, F]`; a gap among them is False in the mask."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns

    def pack(self, parts: Sequence[Part], buffers: Buffers) -> Packed:
        sides = [[self._of(part, one) for part in parts] for one in self.columns]
        shape = sum(map(len, sides[0])), sum(one[0].shape[1] for one in sides)
        values = buffers.room(shape, np.result_type(*(one[0] for one in sides)))
        np.concatenate([np.concatenate(one) for one in sides], axis=1, out=values)
        return Packed(*gaps_masked(values))

    def _of(self, part: Part, column: Column) -> np.ndarray:
        cells = part.window.take(part.rows, [column])[column.name].combine_chunks()
        if column.form in ("panel", "vector"):
            return np.asarray(cells.flatten().to_numpy(zero_copy_only=False).reshape(len(cells), -1))
        return np.asarray(cells.to_numpy(zero_copy_only=False), dtype=np.float64)[:, None]


class Characters(Decoder):
    """Text as UTF-8, `[n, L]` uint8, with a mask."""

    def __init__(self, column: Column) -> None:
        self.column = column

    def pack(self, parts: Sequence[Part], buffers: Buffers) -> Packed:
        cells = _bytes(parts, self.column)
        lengths = np.array([len(one) for one in cells])
        shape = len(cells), int(lengths.max(initial=0))
        mask, values = buffers.room(shape, np.bool_), buffers.room(shape, np.uint8)
        np.less(np.arange(shape[1]), lengths[:, None], out=mask)
        values.fill(0)
        values[mask] = np.frombuffer(b"".join(cells), dtype=np.uint8)
        return Packed(values, mask)


class Arrays(Decoder):
    """Arrays as they are kept, `[n, ...]` in their own type; every other cell as its modality decodes it."""

    def __init__(self, name: str, column: Column, modality: Modality) -> None:
        self.name, self.column, self.modality = name, column, modality

    def pack(self, parts: Sequence[Part], buffers: Buffers) -> Packed:
        found = alike([(part.window.spans(self.column.name), part.rows) for part in parts], buffers)
        if found is not None:
            values, has_gaps = found
            return Packed(*gaps_masked(values)) if has_gaps else Packed(values)
        arrays, lost = [], {}
        for place, cell in enumerate(_bytes(parts, self.column)):
            try:
                array = array_in(cell)
                arrays.append(self._decoded(cell) if array is None else array)
            except Unreadable as fault:
                lost[place] = fault
        return Packed(*stacked(arrays, self.name, buffers), lost)

    def _decoded(self, cell: memoryview) -> np.ndarray:
        frame = pd.DataFrame({self.name: pd.Series([from_bytes(cell)], dtype=object)})
        cells = self.modality.read(self.name, frame, None)
        if cells.faults:
            raise Unreadable(cells.faults[0].reason, cells.faults[0].path)
        sample = cells.samples[0]
        if not isinstance(sample, np.ndarray) or sample.dtype.kind not in "biuf":
            raise SettingError(
                f"a sample of {self.name!r} ({self.modality.kind}) is no array of numbers; form='prepared' makes it one"
            )
        return sample


class Pictures(Decoder):
    """Pictures `[n, H, W, 3]` uint8, each in the upper left corner, with a mask `[n, H, W]` where sizes differ."""

    def __init__(self, name: str, column: Column, modality: Modality, size: int) -> None:
        self.column, self.size = column, size
        self._slow = Arrays(name, column, modality)

    def pack(self, parts: Sequence[Part], buffers: Buffers) -> Packed:
        cells = _bytes(parts, self.column)
        sizes = [plain_size(cell, self.size) for cell in cells]
        ready: dict[int, np.ndarray] = {}
        lost: dict[int, Unreadable] = {}
        for place, size in enumerate(sizes):
            if size is None:
                self._slowly(place, cells[place], ready, lost)
                sizes[place] = ready[place].shape[:2] if place in ready else None
        sides = np.array([one for one in sizes if one is not None], dtype=np.int64).reshape(-1, 2)
        height, width = sides.max(axis=0).tolist() if len(sides) else (0, 0)
        values, scratch = buffers.room((len(sides), height, width, 3), np.uint8), _scratch(height * width * 3)
        is_whole = bool((sides == (height, width)).all())
        if not is_whole:
            values.fill(0)  # beside the pictures; picture by picture, threads would wait for each other more often
        at = 0
        gone: list[int] = []  # places among those with a size
        for place, size in enumerate(sizes):
            if size is None:
                continue
            high, wide = size
            own = values[at, :high, :wide]
            pixels = ready.get(place)
            if pixels is None:
                pixels = own if wide == width else scratch[: high * wide * 3].reshape(high, wide, 3)
                if not decode_into(cells[place], pixels):
                    self._slowly(place, cells[place], ready, lost)
                    if place not in ready:
                        gone.append(at + len(gone))
                        continue  # its place is taken by the next one
                    pixels = ready[place]
            if pixels is not own:
                own[:] = pixels
            at += 1
        if is_whole:
            return Packed(values[:at], None, lost)
        mask = buffers.room((at, height, width), np.bool_)
        kept = np.delete(sides, gone, axis=0) if gone else sides
        across = kept[:, :, None] > np.arange(max(height, width))
        np.bitwise_and(across[:, 0, :height, None], across[:, 1, None, :width], out=mask)
        return Packed(values[:at], mask, lost)

    def _slowly(self, place: int, cell: memoryview, ready: dict[int, np.ndarray], lost: dict[int, Unreadable]) -> None:
        try:
            array = array_in(cell)
            is_picture = array is not None and array.ndim == 3 and array.shape[2] == 3 and array.dtype == np.uint8
            fits = array is not None and is_picture and max(array.shape) <= self.size
            ready[place] = array if array is not None and fits else self._slow._decoded(cell)
        except Unreadable as fault:
            lost[place] = fault


def _scratch(size: int) -> np.ndarray:
    """Memory of this thread alone, for pictures that are narrower than their batch."""
    room: np.ndarray | None = getattr(_SCRATCH, "room", None)
    if room is None or len(room) < size:
        room = _SCRATCH.room = np.empty(size, dtype=np.uint8)
    return room


def decoder_of(name: str, modality: Modality, columns: Sequence[Column]) -> Decoder:
    """What decodes a modality. Raises SettingError for one whose cells are no numbers before they are prepared."""
    sources = modality.sources(name)
    own = [one for one in columns if set(sources) & set(one.columns)]
    is_number = [one.form in ("panel", "vector") or (one.form == "native" and _is_number(one.type)) for one in own]
    if all(is_number) and len(own):
        return Numbers(own)
    size = getattr(modality, "size", None) if modality.kind == "image" else None
    if len(own) == 1 and not modality.columns and not modality.many:
        [column] = own
        if column.form == "text":
            return Characters(column)
        if column.form == "cells" and size is not None:
            return Pictures(name, column, modality, size)
        if column.form == "cells":
            return Arrays(name, column, modality)
    raise SettingError(
        f"the cells of {name!r} ({modality.label}) are no numbers before they are prepared; leave form='decoded' "
        "out, or the modality, with columns="
    )


def _bytes(parts: Sequence[Part], column: Column) -> list[memoryview]:
    return [cell for part in parts for cell in part.window.cells(column.name, part.rows)]


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind))
