"""Some rows made ready for the disk: files read, each cell decoded once, what is broken noted and left out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from polymodal.errors import CellError
from polymodal.modalities._paths import resolve
from polymodal.schema.cells import Broken, State, Unreadable, is_absent
from polymodal.schema.schema import Schema
from polymodal.store.disk.columns import CONTENT, FAULTS, LABEL, ROW, SAME, STATES, SUMS, Column
from polymodal.store.disk.pictures import Pictures, perceptual_hash
from polymodal.store.disk.sums import Sums

Paths = Mapping[int, Sequence[str | None]]  # of the files named in a column, by row and item
FAULT = pa.struct([("column", pa.large_string()), ("reason", pa.large_string()), ("path", pa.large_string())])


@dataclass(frozen=True)
class Layout:
    """What becomes of a row.

    Attributes:
        schema: of the rows.
        columns: on disk, those of cells.
        label: the column of row names, or None where they are the positions.
        files: the folder that path cells start from.
        pictures: how pictures are made smaller, or None.
        duplicates: "keep", "drop" or "link".
        near: bits by which the hashes of pictures of the same row may differ.
    """

    schema: Schema
    columns: Sequence[Column]
    label: Column | None
    files: Path | None
    pictures: Pictures | None = None
    duplicates: str = "keep"
    near: int = 0

    @property
    def arrow(self) -> pa.Schema:
        """Of the rows on disk."""
        ours = [pa.field(ROW, pa.int64()), pa.field(STATES, pa.string()), pa.field(FAULTS, pa.list_(FAULT))]
        if self.label is not None:
            ours.append(self.label.field)
        if self.duplicates != "keep":
            ours.append(pa.field(CONTENT, pa.large_binary()))
        if self.duplicates == "link":
            ours.append(pa.field(SAME, pa.int64()))
        ours.append(pa.field(SUMS, self.sums.type))
        return pa.schema([*ours, *(one.field for one in self.columns)])

    @property
    def sums(self) -> Sums:
        """What of a row is summed up together."""
        return Sums.of(self.schema, self.columns, ROW if self.label is None else LABEL)


@dataclass(frozen=True)
class Prepared:
    """Rows as arrays of the columns on disk.

    Attributes:
        arrays: by column on disk.
        content: of each row what makes it a duplicate of others: a digest of what must be equal, then 8 bytes of
            perceptual hash for each picture; empty for a row with nothing; None where nobody asked.
    """

    arrays: dict[str, pa.Array]
    content: list[bytes] | None

    def __len__(self) -> int:
        return len(self.arrays[ROW])

    @property
    def n_bytes(self) -> int:
        """What it takes in memory."""
        return sum(one.nbytes for one in self.arrays.values())


def prepared(frame: pd.DataFrame, rows: np.ndarray, layout: Layout) -> Prepared:
    """Rows of a source, of which `rows` are the positions."""
    schema = layout.schema
    kept, paths = _storable(frame, layout)
    kept = kept.set_axis(pd.RangeIndex(len(kept)), axis=0)  # faults are filed by place
    states = np.zeros((len(kept), len(schema.names)), dtype=np.int8)
    faults: list[list[dict[str, Any]]] = [[] for _ in range(len(kept))]
    samples: dict[str, Sequence[Any]] = {}
    for place, (name, modality) in enumerate(schema.modalities.items()):
        cells = modality.read(name, kept, None)
        states[:, place], samples[name] = cells.state, cells.samples
        for fault in cells.faults:
            row = int(str(fault.row))
            path = _path(fault, paths.get(modality.beside or name, {}))
            faults[row].append({"column": fault.column, "reason": fault.reason, "path": path})
        if not modality.columns and len(schema.readers(name)) == 1:  # another may still read what this one cannot
            kept = _without_broken(kept, name, cells.faults, paths.get(name, {}), layout)
    arrays = {
        ROW: pa.array(rows, pa.int64()),
        STATES: pa.array(["".join(map(str, row)) for row in states.tolist()], pa.string()),
        FAULTS: pa.array([found or None for found in faults], pa.list_(FAULT)),
    }
    if layout.label is not None:
        arrays[LABEL] = layout.label.to_arrow(pd.DataFrame({LABEL: frame.index.to_numpy()}))
    for one in layout.columns:
        arrays[one.name] = one.to_arrow(kept)
    arrays[SUMS] = layout.sums.written(arrays)
    content = None if layout.duplicates == "keep" else _content(arrays, states, samples, layout)
    return Prepared(arrays, content)


def _storable(frame: pd.DataFrame, layout: Layout) -> tuple[pd.DataFrame, dict[str, Paths]]:
    """The frame with the content of files in place of their paths, and by modality the paths of each row."""

    def find(path: str) -> Path:
        return resolve(path, layout.files)

    changed: dict[str, pd.Series] = {}
    paths: dict[str, Paths] = {}
    for name, modality in layout.schema.modalities.items():
        if modality.columns or name not in frame.columns or (frame[name].dtype != object and not modality.reads_files):
            continue
        cells, named = np.empty(len(frame), dtype=object), {}
        for row, raw in enumerate(frame[name].tolist()):
            if is_absent(raw):
                continue
            if modality.reads_files:
                named[row] = [str(one) if isinstance(one, (str, Path)) else None for one in modality.items(raw)]
            try:
                cells[row] = modality.storable(raw, find)
                if layout.pictures is not None and modality.item.kind == "image":
                    cells[row] = _smaller(cells[row], layout.pictures)
            except Unreadable as fault:
                cells[row] = Broken(fault.reason, fault.path)
        changed[name] = pd.Series(cells, index=frame.index, dtype=object)
        paths[name] = named
    return frame.assign(**changed), paths


def _smaller(cell: Any, pictures: Pictures) -> Any:
    """A picture, or each of several, of which one that is none is `Broken`."""
    if not isinstance(cell, list):
        return pictures.stored(cell)
    kept: list[Any] = []
    for one in cell:
        try:
            kept.append(pictures.stored(one))
        except Unreadable as fault:
            kept.append(Broken(fault.reason, fault.path))
    return kept


def _path(fault: CellError, paths: Paths) -> str | None:
    """The file of what cannot be read, which stands in the raw cell where the item does."""
    named = paths.get(int(str(fault.row)), [])
    place = (fault.item or 1) - 1
    return fault.path or (named[place] if place < len(named) else None)


def _without_broken(
    frame: pd.DataFrame, name: str, faults: Sequence[CellError], paths: Paths, layout: Layout
) -> pd.DataFrame:
    """What cannot be read is not kept, only that it could not."""
    form = next((one.form for one in layout.columns if one.columns == (name,)), None)
    if not faults or form != "cells":
        return frame
    cells = frame[name].tolist()
    for fault in faults:
        row = int(str(fault.row))
        broken = Broken(fault.bare, _path(fault, paths))
        if fault.item is None:
            cells[row] = broken
        else:
            cells[row] = [broken if place == fault.item else one for place, one in enumerate(cells[row], start=1)]
    column = np.empty(len(cells), dtype=object)
    for row, cell in enumerate(cells):
        column[row] = cell
    return frame.assign(**{name: pd.Series(column, index=frame.index, dtype=object)})


def _content(
    arrays: dict[str, pa.Array], states: np.ndarray, samples: dict[str, Sequence[Any]], layout: Layout
) -> list[bytes]:
    """The cells of modalities and targets; ids, groups and times say nothing of what a row holds."""
    schema = layout.schema
    pictures = [n for n, one in schema.modalities.items() if one.kind == "image" and layout.near]
    reads = {source for name, one in schema.modalities.items() if name not in pictures for source in one.sources(name)}
    reads |= {source for name, one in schema.targets.items() for source in one.sources(name)}
    looked_at = [arrays[one.name] for one in layout.columns if reads & set(one.columns)]
    found = []
    for row in range(len(states)):
        if not (states[row] == State.PRESENT).any():
            found.append(b"")
            continue
        content = hashlib.blake2b(digest_size=16)
        for cells in looked_at:
            value = cells[row]
            raw = value.as_py()
            data = b"" if raw is None else raw if isinstance(raw, bytes) else repr(raw).encode("utf-8", "surrogatepass")
            content.update(bytes([value.is_valid]) + len(data).to_bytes(8, "little") + data)
        hashes = [samples[name][row] for name in pictures]
        content.update(bytes(one is not None for one in hashes))
        found.append(content.digest() + b"".join(perceptual_hash(one) for one in hashes if one is not None))
    return found
