"""A sum of every cell, written as it comes in: what the disk gives back later is held against it.

A flipped bit in a number or a text is a valid other value, so that nothing but a sum can tell.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from polymodal.errors import ArtifactError
from polymodal.schema.cells import Broken
from polymodal.schema.schema import Schema
from polymodal.store.disk.columns import ROW, SUMS, Column
from polymodal.store.disk.views import spans

_NULL = np.uint64(0x9E3779B97F4A7C15)
_FACTORS = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)  # of splitmix64
_MOST_NAMED = 5
DAMAGED = "what is stored is not what came in: its sum does not match; the disk or a transfer has damaged it"


@dataclass(frozen=True)
class Sums:
    """Which columns on disk are summed up together.

    Attributes:
        groups: the columns of each modality, and last those of the row's name, its targets and its roles.
    """

    groups: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, schema: Schema, columns: Sequence[Column], label: str) -> Sums:
        """Modalities in the order of the schema; `label` is the column that says what rows are called."""
        sources = [set(one.sources(name)) for name, one in schema.modalities.items()]
        learnt = {source for name, one in schema.targets.items() for source in one.sources(name)}
        sources.append(learnt | set(schema.roles.values()))
        groups = [tuple(one.name for one in columns if some & set(one.columns)) for some in sources]
        return cls((*groups[:-1], (label, *groups[-1])))

    @property
    def type(self) -> pa.DataType:
        """Of the column that holds them."""
        return pa.list_(pa.uint64(), len(self.groups))

    def summed(self, arrays: Mapping[str, pa.Array] | pa.Table | pa.RecordBatch) -> list[np.ndarray | None]:
        """`[n]` uint64 for each group; None where a column of it was not read."""
        there = set(arrays) if isinstance(arrays, Mapping) else set(arrays.schema.names)
        single = {name: sums_of(arrays[name]) for name in {*sum(self.groups, ())} & there}
        return [
            _together([single[name] for name in group]) if group and set(group) <= there else None
            for group in self.groups
        ]

    def written(self, arrays: Mapping[str, pa.Array]) -> pa.Array:
        """The column of some rows; a group without columns has 0."""
        n = len(arrays[ROW])
        parts = [np.zeros(n, dtype=np.uint64) if one is None else one for one in self.summed(arrays)]
        return pa.FixedSizeListArray.from_arrays(pa.array(np.stack(parts, axis=1).ravel()), type=self.type)

    def noted(self, read: pa.Table) -> np.ndarray:
        """`[n, G]` uint64: what was written as the rows came in."""
        held, size = read[SUMS].combine_chunks(), len(self.groups)
        flat: np.ndarray = held.values.slice(held.offset * size, len(held) * size).to_numpy(zero_copy_only=False)
        return flat.reshape(len(held), size)

    def damaged(self, read: pa.Table) -> list[np.ndarray]:
        """For each group the places of rows that differ from what was noted as they came in."""
        kept, found = self.noted(read), self.summed(read)
        known = read[SUMS].is_valid().to_numpy()  # something else than this library may have added rows
        return [
            np.flatnonzero(known & (one != kept[:, place])) if one is not None else np.zeros(0, dtype=np.int64)
            for place, one in enumerate(found)
        ]


def without_damaged(frame: pd.DataFrame, damaged: Sequence[np.ndarray], schema: Schema, uri: str) -> pd.DataFrame:
    """The frame with cells that the disk has damaged as `Broken`; `schema` is that of the store as it was made.

    Raises ArtifactError where a row's name, targets or roles are: nothing can stand in their place.
    """
    if len(damaged[-1]):
        names = [str(frame.index[place]) for place in damaged[-1][:_MOST_NAMED]]
        more = ", ..." if len(damaged[-1]) > len(names) else ""
        raise ArtifactError(
            f"{uri} is damaged: in {len(damaged[-1])} rows (row {', '.join(names)}{more}) the name, target or role is "
            "not what came in. Take the store from a copy, or leave the rows out (where=)"
        )
    changed: dict[str, pd.Series] = {}
    for (name, one), places in zip(schema.modalities.items(), damaged, strict=False):
        for column in one.sources(name) if len(places) else ():
            if column in frame.columns:
                cells = np.empty(len(frame), dtype=object)
                held = changed.get(column, frame[column])
                cells[:] = pd.Series(held).astype(object).where(pd.Series(held).notna(), None)
                for place in places:
                    cells[place] = Broken(DAMAGED)
                changed[column] = pd.Series(cells, index=frame.index, dtype=object)
    return frame.assign(**changed) if changed else frame


def sums_of(cells: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """`[n]` uint64, one for each cell: CRC-32 and length of bytes and text, the bits of what has a fixed width.

    >>> one, other, none = sums_of(pa.array([b"calm", b"calk", None]))
    >>> len({int(one), int(other), int(none)})
    3
    """
    if isinstance(cells, pa.ChunkedArray):  # piece by piece, since to make one of them is to copy large cells
        return np.concatenate([np.zeros(0, dtype=np.uint64), *(sums_of(one) for one in cells.chunks)])
    is_there = cells.is_valid().to_numpy(zero_copy_only=False)
    there, found = np.flatnonzero(is_there), np.zeros(len(cells), dtype=np.uint64)  # absent cells cost nothing
    if pa.types.is_fixed_size_list(cells.type):
        size = cells.type.list_size
        numbers = _bits(cells.values.slice(cells.offset * size, len(cells) * size)).reshape(len(cells), size)
        found[there] = [zlib.crc32(numbers[place].data) for place in there.tolist()]
    elif pa.types.is_large_binary(cells.type) or pa.types.is_large_string(cells.type) or pa.types.is_binary(cells.type):
        data, ends = spans(cells)
        pairs = zip(ends[there].tolist(), ends[there + 1].tolist(), strict=True)
        found[there] = [zlib.crc32(data[start:end]) for start, end in pairs]
        found |= np.diff(ends).astype(np.uint64) << np.uint64(32)
    else:
        found = _bits(cells)
    return np.where(is_there, _stirred(found), _NULL)


def _bits(array: pa.Array) -> np.ndarray:
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.uint8())
    width = array.type.bit_width // 8
    if not len(array):
        return np.zeros(0, dtype=np.uint64)
    bits: Any = np.frombuffer(array.buffers()[1], dtype=f"u{width}", count=len(array), offset=width * array.offset)
    return bits.astype(np.uint64)


def _together(parts: Sequence[np.ndarray]) -> np.ndarray:
    total = np.zeros_like(parts[0])
    for one in parts:
        total = _stirred(total ^ one)
    return total


def _stirred(bits: np.ndarray) -> np.ndarray:
    """Every bit moves half of the others, so that sums of several columns do not cancel out (Steele et al. 2014)."""
    bits = (bits + _NULL).astype(np.uint64)
    bits = (bits ^ (bits >> np.uint64(30))) * _FACTORS[0]
    bits = (bits ^ (bits >> np.uint64(27))) * _FACTORS[1]
    return bits ^ (bits >> np.uint64(31))
