"""One more column: written by itself beside the others, fragment by fragment, and there all at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from polymodal.errors import ArtifactError, SchemaError, SettingError
from polymodal.schema.cells import is_absent
from polymodal.schema.declared import Declared
from polymodal.schema.modality import Modality
from polymodal.schema.schema import Schema
from polymodal.schema.table import Table
from polymodal.store.disk import dataset as disk
from polymodal.store.disk.columns import OURS, Column, form_of, frame_of
from polymodal.store.disk.progress import progress_bar

_ROWS = 512  # given to a function at once
_SIZED = (np.ndarray, list, tuple)


def add_column(
    dataset: Any,
    uri: str,
    name: str,
    values: Any,
    columns: Sequence[Column],
    reads: Sequence[Column],
    schema: Schema,
    type: Any,
    progress: bool | Callable[[int, int], None],
) -> Any:
    """The dataset with the column; see `Store.add_column`."""
    _refuse(name, columns, dataset.schema.names)
    modality = None if type is None else _modality(name, type)
    n = dataset.count_rows()
    with progress_bar("rows", progress) as watch:
        if callable(values):
            given = _answers(dataset, values, reads, schema)
        else:
            values = _plain(values)
            if not hasattr(values, "__len__") or len(values) != n:
                came = len(values) if hasattr(values, "__len__") else values.__class__.__name__
                raise SettingError(f"column {name!r} needs one value for each of {n:,} rows; {came} came")
            given = iter([values])
        return _committed(dataset, uri, name, _Pieces(given, n, watch), modality)


def in_order(values: pd.Series | pd.DataFrame, names: pd.Index, what: str) -> pd.Series:
    """The values of the rows that are called `names`, as pandas aligns them: a store has rows in an order of its own.

    Raises SettingError for several columns, names that come twice, and a row of the store that has no value.
    """
    if isinstance(values, pd.DataFrame):
        if len(values.columns) != 1:
            listed = ", ".join(map(repr, values.columns[:10]))
            raise SettingError(f"{what} takes one column; a frame of {listed} came. Choose one, such as frame['a']")
        values = values.iloc[:, 0]
    lacks = names[~names.isin(values.index)]
    if len(lacks) or not values.index.is_unique:
        why = f"there is none for {lacks[:1].tolist()[0]!r}" if len(lacks) else "some are named twice"
        raise SettingError(
            f"{what}: values of a Series go to the rows that its index names, and {why} ({len(lacks):,} of "
            f"{len(names):,} rows). Index it as store.table().frame is, or give an array in that order"
        )
    return values.reindex(names).reset_index(drop=True)


def _refuse(name: Any, columns: Sequence[Column], names: Sequence[str]) -> None:
    if not isinstance(name, str) or not name or name in OURS or set(name) & set(".`\n"):
        raise SettingError(f"a column cannot be named {name!r}; dots, backticks and {', '.join(OURS)} are not allowed")
    if name in names or any(name in one.columns for one in columns):
        raise SchemaError(f"the store has a column {name!r} already; choose another name")


def _modality(name: str, given: Any) -> Modality:
    declared = Declared(pd.DataFrame({name: pd.Series([None], dtype=object)}))
    declared.add_types({name: given})
    if declared.faults:
        raise SchemaError(f"column {name!r} cannot be read like this", declared.faults)
    return declared.modalities[name]


def _answers(dataset: Any, ask: Callable[[Table], Any], reads: Sequence[Column], schema: Schema) -> Iterator[Any]:
    """What a function says of the rows, some at a time."""
    there = {column for one in reads for column in one.columns}
    kept = {n: one for n, one in schema.modalities.items() if set(one.sources(n)) <= there}
    targets = {n: one for n, one in schema.targets.items() if set(one.sources(n)) <= there}
    roles = {role: column if column in there else None for role, column in schema.roles.items()}
    seen = schema.model_copy(update={"modalities": kept, "targets": targets, **roles})
    for batch in dataset.to_batches(columns=[one.name for one in reads], batch_size=_ROWS, scan_in_order=True):
        for start in range(0, len(batch), _ROWS):
            some = pa.Table.from_batches([batch.slice(start, _ROWS)])
            answered = _plain(ask(Table(frame_of(some, reads, pd.RangeIndex(len(some))), seen)))
            if not hasattr(answered, "__len__") or len(answered) != len(some):
                came = len(answered) if hasattr(answered, "__len__") else type(answered).__name__
                raise SettingError(
                    f"the function was given {len(some)} rows and has to say one value for each; {came} came"
                )
            yield answered


def _plain(values: Any) -> Any:
    """Tensors as arrays, an index as a column."""
    if hasattr(values, "detach"):
        return values.detach().cpu().numpy()
    return values.to_series() if isinstance(values, pd.Index) else values


class _Pieces:
    """Values as they come, handed out in the lengths that are asked for."""

    def __init__(self, given: Iterator[Any], total: int, watch: Callable[[int, int], None] | None) -> None:
        self.given, self.total, self.watch = given, total, watch
        self.done, self.left = 0, next(given)
        self.ahead = deque[Any]()
        self.sample = self.left  # the first values of which one is known, to tell what they are
        while all(map(is_absent, self.sample)):
            following = next(given, None)
            if following is None:
                break
            self.ahead.append(following)
            self.sample = following

    def take(self, most: int) -> Any:
        """Up to `most` of the next values."""
        while not len(self.left):
            self.left = self.ahead.popleft() if self.ahead else next(self.given)
        part, self.left = self.left[:most], self.left[most:]
        self.done += len(part)
        if self.watch is not None:
            self.watch(self.done, self.total)
        return part


def _committed(dataset: Any, uri: str, name: str, pieces: _Pieces, modality: Modality | None) -> Any:
    package = disk.lance()
    told = None if modality is None else modality.settings
    column = Column(name, *_form(pieces.sample), (name,), told)
    written, schema, faults = [], None, list[BaseException]()
    with disk.writing(uri), ThreadPoolExecutor(1) as pool:
        for fragment in dataset.get_fragments():
            batches = _batches(pieces, fragment.count_rows(), column, pool, faults)
            reader = pa.RecordBatchReader.from_batches(pa.schema([column.field]), batches)
            try:
                changed, schema = fragment.merge_columns(reader)
            except (OSError, ValueError, RuntimeError):
                if faults:
                    raise faults[0] from None
                raise
            written.append(changed)
        if dataset.latest_version != dataset.version:
            raise ArtifactError(
                f"{uri} was changed by another process meanwhile; open it again and add the column then"
            )
        return package.LanceDataset.commit(
            dataset,
            package.LanceOperation.Merge(written, schema),
            read_version=dataset.version,
            commit_message=f"column {name}",
        )


def _batches(
    pieces: _Pieces, rows: int, column: Column, pool: ThreadPoolExecutor, faults: list[BaseException]
) -> Iterator[pa.RecordBatch]:
    """The values of one fragment. Faults are kept for the caller, as Lance would make others of them."""
    while rows:
        asked = pool.submit(pieces.take, min(rows, _ROWS))
        fault = asked.exception()
        if fault is not None:
            faults.append(fault)
            raise RuntimeError("the column cannot be had") from fault
        part = asked.result()
        rows -= len(part)
        try:
            array = _array(part, column)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            faults.append(SettingError(f"the values of {column.name!r} are of several kinds: {error}"))
            raise
        yield pa.record_batch([array], schema=pa.schema([column.field]))


def _form(values: Any) -> tuple[str, pa.DataType]:
    """The form of a column and its type, from its first values."""
    if isinstance(values, np.ndarray) and values.ndim == 2 and values.dtype.kind in "iuf":
        return "vector", pa.list_(pa.from_numpy_dtype(values.dtype), values.shape[1])
    cells = values.tolist() if isinstance(values, (np.ndarray, pd.Series)) and values.dtype == object else values
    known = [one for one in cells if isinstance(one, _SIZED) and not is_absent(one)] if len(cells) else []
    if isinstance(cells, list) and known and all(is_absent(one) or isinstance(one, _SIZED) for one in cells):
        arrays = [np.asarray(one) for one in known]
        if {one.shape for one in arrays} == {arrays[0].shape} and arrays[0].ndim == 1 and arrays[0].dtype.kind in "iuf":
            return "vector", pa.list_(pa.from_numpy_dtype(np.result_type(*arrays)), len(arrays[0]))
        return "cells", pa.large_binary()
    return form_of(pd.Series(cells))


def _array(values: Any, column: Column) -> pa.Array:
    if column.form != "vector":
        return column.to_arrow(pd.DataFrame({column.name: pd.Series(values)}))
    if isinstance(values, np.ndarray) and values.ndim == 2:
        if values.shape[1] != column.type.list_size:
            raise ValueError(f"{column.type.list_size} numbers a row were begun with, {values.shape[1]} came")
        flat = pa.array(np.ascontiguousarray(values).ravel(), column.type.value_type)
        return pa.FixedSizeListArray.from_arrays(flat, type=column.type)
    return pa.array([None if is_absent(one) else np.asarray(one) for one in values], column.type)
