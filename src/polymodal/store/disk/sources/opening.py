"""Anything a store can be made from, as rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from polymodal.errors import SettingError
from polymodal.schema.read import files_folder, read_frame
from polymodal.schema.table import Table
from polymodal.store.disk.sources._rows import Rows
from polymodal.store.disk.sources.annotated import is_annotated, open_annotated
from polymodal.store.disk.sources.archive import archives_of, open_archives
from polymodal.store.disk.sources.hub import HubRows, is_hub
from polymodal.store.disk.sources.memory import MemoryRows
from polymodal.store.disk.sources.parquet import ParquetRows, parquet_of
from polymodal.store.disk.sources.saved import reopened


def open_rows(source: Any, files: str | os.PathLike[str] | None, roles: Sequence[str]) -> Rows:
    """The rows of a Table, of anything that `Table.read` takes, of tar archives, of an annotated matrix or a data set.

    Raises DataError for a source that cannot be read, SettingError for `files` where no cell can be a path.
    """
    if isinstance(source, Table):
        if files is not None:
            raise SettingError("a Table has the folder of its files already; leave files= out")
        return MemoryRows(source.frame, source.files)
    source = reopened(source)
    archives = archives_of(source)
    if archives or is_annotated(source):
        if files is not None:
            raise SettingError("archives and annotated matrices hold their cells themselves; leave files= out")
        return open_archives(archives) if archives else open_annotated(source)
    if is_hub(source):
        return HubRows(source, None if files is None else files_folder(files))
    parquet = parquet_of(source)
    if parquet is not None:
        return ParquetRows(parquet, parquet.parent if files is None else files_folder(files))
    return MemoryRows(*read_frame(source, files, roles))
