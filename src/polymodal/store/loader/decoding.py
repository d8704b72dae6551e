"""Decoders: stored cells of one modality into one packed array, only those that are there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import local
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from polymodal.errors import SettingError
from polymodal.modalities._jpeg import decode_into, plain_size
from polymodal.schema.cells import Unreadable
from polymodal.schema.modality import Modality
from polymodal.store.disk.cell import array_in, from_bytes
from polymodal.store.disk.columns import Column
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
    def pack(self, parts: Sequence[Part]) -> Packed:
        """The cells of rows that all have one."""


class Numbers(Decoder):
    """Columns of numbers side by side, `[n, F]`; a gap among them is False in the mask."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns

    def pack(self, parts: Sequence[Part]) -> Packed:
        sides = [np.concatenate([self._of(part, one) for part in parts]) for one in self.columns]
        return Packed(*gaps_masked(np.concatenate(sides, axis=1)))

    def _of(self, part: Part, column: Column) -> np.ndarray:
        cells = part.window.take(part.rows, [column])[column.name].combine_chunks()
        if column.form in ("panel", "vector"):
            return np.asarray(cells.flatten().to_numpy(zero_copy_only=False).reshape(len(cells), -1))
        return np.asarray(cells.to_numpy(zero_copy_only=False), dtype=np.float64)[:, None]


class Characters(Decoder):
    """Text as UTF-8, `[n, L]` uint8, with a mask."""

    def __init__(self, column: Column) -> None:
        self.column = column

    def pack(self, parts: Sequence[Part]) -> Packed:
        cells = _bytes(parts, self.column)
        lengths = np.array([len(one) for one in cells])
        mask = np.arange(lengths.max(initial=0)) < lengths[:, None]
        values = np.zeros(mask.shape, dtype=np.uint8)
        values[mask] = np.frombuffer(b"".join(cells), dtype=np.uint8)
        return Packed(values, mask)


class Arrays(Decoder):
    """Arrays as they are kept, `[n, ...]` in their own type; every other cell as its modality decodes it."""

    def __init__(self, name: str, column: Column, modality: Modality) -> None:
        self.name, self.column, self.modality = name, column, modality

    def pack(self, parts: Sequence[Part]) -> Packed:
        arrays, lost = [], {}
        for place, cell in enumerate(_bytes(parts, self.column)):
            try:
                array = array_in(cell)
                arrays.append(self._decoded(cell) if array is None else array)
            except Unreadable as fault:
                lost[place] = fault
        return Packed(*stacked(arrays, self.name), lost)

    def _decoded(self, cell: memoryview) -> np.ndarray:
        frame = pd.DataFrame({self.name: pd.Series([from_bytes(bytes(cell))], dtype=object)})
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

    def pack(self, parts: Sequence[Part]) -> Packed:
        cells = _bytes(parts, self.column)
        sizes = [plain_size(cell, self.size) for cell in cells]
        ready: dict[int, np.ndarray] = {}
        lost: dict[int, Unreadable] = {}
        for place, size in enumerate(sizes):
            if size is None:
                self._slowly(place, cells[place], ready, lost)
                sizes[place] = ready[place].shape[:2] if place in ready else None
        sides = np.array([one for one in sizes if one is not None], dtype=np.int64).reshape(-1, 2)
        height, width = sides.max(axis=0) if len(sides) else (0, 0)
        values = np.empty((len(sides), height, width, 3), dtype=np.uint8)
        mask = None if (sides == (height, width)).all() else np.zeros(values.shape[:3], dtype=bool)
        at = 0
        for place, size in enumerate(sizes):
            if size is None:
                continue
            own = values[at, : size[0], : size[1]]
            if place in ready:
                own[:] = ready[place]
            elif not self._filled(cells[place], own):
                self._slowly(place, cells[place], ready, lost)
                if place not in ready:
                    continue  # its place is taken by the next one
                own[:] = ready[place]
            if mask is not None:
                values[at, : size[0], size[1] :] = 0  # what is beside the picture; all of it first would be dearer
                values[at, size[0] :] = 0
                mask[at, : size[0], : size[1]] = True
            at += 1
        return Packed(values[:at], None if mask is None else mask[:at], lost)

    def _filled(self, cell: memoryview, own: np.ndarray) -> bool:
        if own.flags.c_contiguous:
            return decode_into(cell, own)
        pixels = self._room(own.size).reshape(own.shape)
        done = decode_into(cell, pixels)
        if done:
            own[:] = pixels
        return done

    def _room(self, size: int) -> np.ndarray:
        """Memory of this thread alone, used again for every picture."""
        room: np.ndarray | None = getattr(_SCRATCH, "room", None)
        if room is None or len(room) < size:
            room = _SCRATCH.room = np.empty(size, dtype=np.uint8)
        return room[:size]

    def _slowly(self, place: int, cell: memoryview, ready: dict[int, np.ndarray], lost: dict[int, Unreadable]) -> None:
        try:
            array = array_in(cell)
            is_picture = array is not None and array.ndim == 3 and array.shape[2] == 3 and array.dtype == np.uint8
            fits = array is not None and is_picture and max(array.shape) <= self.size
            ready[place] = array if array is not None and fits else self._slow._decoded(cell)
        except Unreadable as fault:
            lost[place] = fault


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


def stacked(arrays: Sequence[np.ndarray], name: str) -> tuple[np.ndarray, np.ndarray | None]:
    """Arrays as one; shorter ones end in zeros and False. Raises SettingError for arrays of other dimensions.

    >>> stacked([np.array([1, 2]), np.array([3])], "x")[1].tolist()
    [[True, True], [True, False]]
    """
    if not arrays:
        return np.zeros((0, 0), dtype=np.float32), None
    shapes, kinds = {one.shape for one in arrays}, {one.dtype for one in arrays}
    kind = kinds.pop() if len(kinds) == 1 else np.result_type(*arrays)
    if len(shapes) == 1:
        values = np.empty((len(arrays), *arrays[0].shape), dtype=kind)
        for place, one in enumerate(arrays):
            values[place] = one
        return gaps_masked(values)
    if len({len(shape) for shape in shapes}) > 1:
        raise SettingError(f"the arrays of {name!r} have {sorted(map(len, shapes))} dimensions; form='prepared' can do")
    longest = np.max([one.shape for one in arrays], axis=0)
    values = np.zeros((len(arrays), *longest), dtype=kind)
    mask = np.zeros(values.shape, dtype=bool)
    for place, one in enumerate(arrays):
        where: tuple[Any, ...] = (place, *map(slice, one.shape))
        values[where], mask[where] = one, True
    return gaps_masked(values, mask)


def gaps_masked(values: np.ndarray, mask: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray | None]:
    """The values with zero in place of NaN, which is False in the mask."""
    gaps = np.isnan(values) if values.dtype.kind == "f" else None
    if gaps is None or not gaps.any():
        return values, mask
    real = ~gaps if mask is None else mask & ~gaps
    return np.where(gaps, np.zeros((), values.dtype), values), real


def _bytes(parts: Sequence[Part], column: Column) -> list[memoryview]:
    return [cell for part in parts for cell in part.window.spans(column.name).of_rows(part.rows.tolist())]


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind))
