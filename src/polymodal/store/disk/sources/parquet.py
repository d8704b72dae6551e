"""Rows of a Parquet file: small columns in memory, large ones read by row group when their turn comes."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from polymodal.errors import DataError
from polymodal.schema.enclosed import file_of
from polymodal.schema.read import read_frame
from polymodal.store.disk.sources._rows import SEEN, Rows, digest, replaced, with_heavy

_LIGHT = 128  # bytes a row, up to which a column is taken into memory
_SMALL = 64 * 2**20  # bytes of a file that is read like any table
_HELD = 128 * 2**20  # bytes of row groups held at once


def parquet_of(source: Any) -> Path | None:
    """The file, if a source is a Parquet file too large to be read as a whole."""
    if not isinstance(source, (str, os.PathLike)):
        return None
    path = Path(source).expanduser()
    if path.suffix.lower() not in (".parquet", ".pq") or not path.is_file():
        return None
    return path if path.stat().st_size > _SMALL else None


class ParquetRows(Rows):
    """The rows of one file."""

    def __init__(self, path: Path, files: Path | None) -> None:
        self.path, self.files, self.types = path, files, {}
        try:
            footer = pq.read_metadata(path)
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{path} cannot be read as Parquet: {error}. Write it again.") from error
        groups = [footer.row_group(group) for group in range(footer.num_row_groups)]
        self.sizes = np.array([group.num_rows for group in groups], dtype=np.int64)
        self.starts = np.concatenate([[0], np.cumsum(self.sizes)])
        names = pq.read_schema(path).names
        weights = dict.fromkeys(names, 0)
        for group in groups:
            for place in range(group.num_columns):
                chunk = group.column(place)
                weights[chunk.path_in_schema.split(".")[0]] += chunk.total_uncompressed_size
        large = [name for name in names if weights[name] > _LIGHT * footer.num_rows]
        light = [name for name in names if name not in large]
        self.window = 1  # row groups held at once
        self._kept: OrderedDict[int, pa.Table] = OrderedDict()
        self._lock = threading.Lock()
        self._footer = footer
        if light:
            frame, _ = read_frame(pq.read_table(path, columns=light))
        else:
            frame = pd.DataFrame(index=range(footer.num_rows))
        seen = self._cells(np.arange(min(SEEN, footer.num_rows)), large)
        # What a group takes in memory is not what the file says of it, where values are encoded.
        self.window = max([1, *(_HELD // max(1, group.nbytes) for group in self._kept.values())])
        kinds = pq.read_schema(path)
        self.heavy = {name: _form(kinds.field(name).type) for name in large}
        self.frame = with_heavy(frame, seen)[list(map(str, names))]

    def take(self, rows: np.ndarray) -> pd.DataFrame:
        return replaced(self.frame.iloc[rows], self._cells(rows, list(self.heavy)))

    def order(self, random: np.random.Generator) -> np.ndarray:
        """Row groups in random order, and the rows of as many as fit into memory mixed with each other."""
        groups = random.permutation(len(self.sizes))
        parts = []
        for start in range(0, len(groups), self.window):
            window = groups[start : start + self.window]
            rows = [np.arange(self.starts[group], self.starts[group + 1]) for group in window]
            parts.append(random.permutation(np.concatenate(rows)))
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

    @cached_property
    def fingerprint(self) -> str:
        changed = self.path.stat()
        return digest(str(self.path.resolve()), changed.st_size, changed.st_mtime_ns, self._footer.num_rows)

    def _cells(self, rows: np.ndarray, columns: list[str]) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {name: [None] * len(rows) for name in columns}
        groups = np.searchsorted(self.starts, rows, side="right") - 1
        for group in np.unique(groups) if columns else ():
            places = np.flatnonzero(groups == group)
            table = self._group(int(group), columns).take(rows[places] - self.starts[group])
            for name in columns:
                for place, cell in zip(places.tolist(), table[name].to_pandas().tolist(), strict=True):
                    found[name][place] = file_of(cell)
        return found

    def _group(self, group: int, columns: list[str]) -> pa.Table:
        with self._lock:
            if group in self._kept:
                self._kept.move_to_end(group)
                return self._kept[group]
            try:
                with pq.ParquetFile(self.path) as file:
                    table = file.read_row_group(group, columns=columns)
            except (pa.ArrowException, OSError) as error:
                raise DataError(f"{self.path} cannot be read any more: {error}") from error
            self._kept[group] = table
            while len(self._kept) > self.window + 1:
                self._kept.popitem(last=False)
            return table


def _form(kind: pa.DataType) -> str:
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    return "text" if is_text else "cells"
