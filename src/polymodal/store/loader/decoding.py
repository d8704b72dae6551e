"""Decoders: stored cells of one modality into one packed array, only those that are there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from polymodal.errors import SettingError
from polymodal.schema.cells import Unreadable
from polymodal.schema.modality import Modality
from polymodal.store.disk.cell import array_in, from_bytes
from polymodal.store.disk.columns import Column
from polymodal.store.loader.buffers import Buffers
from polymodal.store.loader.spans import alike
from polymodal.store.loader.stacking import gaps_masked, stacked
from polymodal.store.loader.window import Window

_SHORT = 2**16  # bytes of all texts of a batch, which then take less to gather than to find


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

    def look(self, window: Window) -> None:
        """Work out what is told of all cells of a window together, before threads that decode ask for it."""
        return


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
        spans = [(part.window.spans(self.column.name), part.rows) for part in parts]
        lengths = np.concatenate([(one.stop - one.start)[rows] for one, rows in spans])
        shape = len(lengths), int(lengths.max(initial=0))
        mask, values = buffers.room(shape, np.bool_), buffers.room(shape, np.uint8)
        within = np.arange(shape[1])
        np.less(within, lengths[:, None], out=mask)
        if len(spans) == 1 and len(spans[0][0].pieces) == 1 and 0 < values.size <= _SHORT:
            [(one, rows)] = spans
            at = one.start[rows][:, None] + within
            np.frombuffer(one.pieces[0], dtype=np.uint8).take(at, out=values, mode="clip")
            np.multiply(values, mask, out=values)
        else:
            values.fill(0)
            values[mask] = np.frombuffer(b"".join(bytes_of(parts, self.column)), dtype=np.uint8)
        return Packed(values, mask)

    def look(self, window: Window) -> None:
        window.spans(self.column.name)


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
        for place, cell in enumerate(bytes_of(parts, self.column)):
            try:
                array = array_in(cell)
                arrays.append(self.decoded(cell) if array is None else array)
            except Unreadable as fault:
                lost[place] = fault
        return Packed(*stacked(arrays, self.name, buffers), lost)

    def look(self, window: Window) -> None:
        cells = window.spans(self.column.name)
        if cells.kind is not None and cells.kind.type.kind == "f":
            cells.has_gaps  # noqa: B018

    def decoded(self, cell: memoryview) -> np.ndarray:
        """One cell as its modality reads it. Raises Unreadable, and SettingError where that is no array of numbers."""
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


def bytes_of(parts: Sequence[Part], column: Column) -> list[memoryview]:
    """The bytes of the cells of a column, not copied."""
    return [cell for part in parts for cell in part.window.cells(column.name, part.rows)]
