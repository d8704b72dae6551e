"""Rows more: held against what the store is, verified like those before, and there all at once or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from polymodal.errors import SchemaError
from polymodal.schema.schema import Schema
from polymodal.schema.table import Table
from polymodal.store.disk import dataset as disk
from polymodal.store.disk.batch import Layout
from polymodal.store.disk.batches import Batches, Coming
from polymodal.store.disk.columns import CONTENT, LABEL, ROW, SAME, Column
from polymodal.store.disk.duplicates import Seen
from polymodal.store.disk.fitting import fits, with_dates
from polymodal.store.disk.pictures import Pictures
from polymodal.store.disk.progress import progress_bar
from polymodal.store.disk.reading import Reading
from polymodal.store.disk.sources._rows import Rows
from polymodal.store.disk.sources.opening import open_rows
from polymodal.store.disk.versions import noted

_SOURCE = "polymodal.source"  # in the log of Lance, the fingerprint of what was appended
_PER_FRAGMENT = 250_000
_SHOWN = 5


def append(
    reading: Reading,
    source: Any,
    files: str | os.PathLike[str] | None,
    options: dict[str, str] | None,
    progress: bool | Callable[[int, int], None],
) -> Any:
    """The Lance dataset with the rows of a source; see `Store.append`."""
    rows = open_rows(source, files, list(reading.first.roles.values()))
    _refuse_again(reading, rows)
    rows.frame = with_dates(rows.frame, reading.columns)
    columns = fits(reading, rows, source.schema if isinstance(source, Table) else None)
    settings, dataset = reading.record.settings, reading.dataset
    first = 1 + _greatest(dataset, ROW)
    label, labels = _labels(reading, rows.frame.index)
    layout = Layout(
        schema=reading.first,
        columns=columns,
        label=label,
        files=rows.files,
        pictures=None if settings["pictures"] is None else Pictures.model_validate(settings["pictures"]),
        duplicates=settings["duplicates"],
        near=settings["near"],
    )
    known = _known_ids(reading, rows)
    if layout.duplicates == "keep" and known is not None and known.any():
        _refuse_ids(reading.first, rows, known)
    # Another order for each part, told by nothing but the store.
    random = np.random.default_rng([settings["seed"], first])
    order = rows.order(random) if settings["shuffle"] else np.arange(len(rows))
    seen = None
    if layout.duplicates != "keep":
        seen = Seen(layout.near)
        seen.remember(dataset.to_batches(columns=[ROW, CONTENT], scan_in_order=True), ROW, CONTENT)
    with progress_bar("rows", progress) as watch:
        coming = Coming(rows, layout, order, watch, first, labels, known)
        fragments = _written(coming, seen, reading.uri, options)
    count = sum(one.physical_rows for one in fragments)
    if not count:
        return dataset
    return disk.committed(dataset, fragments, reading.uri, options, f"{count:,} rows more", {_SOURCE: rows.fingerprint})


def _written(coming: Coming, seen: Seen | None, uri: str, options: dict[str, str] | None) -> list[Any]:
    """Fragments that nothing knows of yet."""
    fragments: list[Any] = []
    faults: list[BaseException] = []
    done = 0
    with ThreadPoolExecutor(coming.threads) as pool:
        while done < len(coming.order):
            batches = Batches(coming, pool, done, _PER_FRAGMENT, seen)
            fragments += disk.written(batches.made(faults), coming.layout.arrow, uri, options)
            if faults:
                raise faults[0]
            done = batches.done
    return fragments


def _refuse_again(reading: Reading, rows: Rows) -> None:
    if not len(rows):
        raise SchemaError("the source has no rows")
    if reading.record.source == rows.fingerprint:
        raise SchemaError(f"{reading.uri} was made from this source")
    version = noted(reading.dataset, _SOURCE).get(rows.fingerprint)
    if version is not None:
        raise SchemaError(f"{reading.uri} has the rows of this source already, since version {version}")


def _greatest(dataset: Any, column: str) -> int:
    found = [pc.max(batch[column]).as_py() for batch in dataset.to_batches(columns=[column])]
    return max((one for one in found if one is not None), default=-1)


def _labels(reading: Reading, index: pd.Index) -> tuple[Column | None, pd.Index | None]:
    """The column of row names, and what the new rows are called where the source does not say.

    Raises SchemaError for names that are there already, or of another kind.
    """
    if reading.named == ROW:
        return None, None
    dataset = reading.dataset
    column = Column.of_field(dataset.schema.field(LABEL))
    if isinstance(index, pd.RangeIndex) and index.start == 0 and pa.types.is_integer(column.type):
        return column, pd.RangeIndex(len(index)) + 1 + _greatest(dataset, LABEL)
    try:
        new = column.to_arrow(pd.DataFrame({LABEL: index.to_numpy()}))
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise SchemaError(
            f"rows of the store are called by {column.type}; those of the source are not: {error}"
        ) from error
    again = pc.is_in(new, value_set=dataset.to_table(columns=[LABEL])[LABEL].combine_chunks()).to_numpy(
        zero_copy_only=False
    )
    if again.any():
        raise SchemaError(f"{_count(again)} are called like rows of the store: {_some(index[again])}")
    return column, None


def _known_ids(reading: Reading, rows: Rows) -> np.ndarray | None:
    """`[N]` bool: rows whose id names a row of the store; None where ids repeat there, or there are none."""
    name = reading.first.id
    column = next((one for one in reading.columns if one.columns == (name,)), None)
    if name is None or column is None or column.form not in ("native", "text"):
        return None
    alone = f"{SAME} IS NULL" if SAME in reading.dataset.schema.names else None
    there = reading.dataset.to_table(columns=[column.name], filter=alone)[column.name].combine_chunks().drop_null()
    if pc.count_distinct(there).as_py() < len(there):
        return None
    new = column.to_arrow(rows.frame)
    known: np.ndarray = pc.and_(pc.is_valid(new), pc.is_in(new, value_set=there)).to_numpy(zero_copy_only=False)
    return known


def _refuse_ids(schema: Schema, rows: Rows, known: np.ndarray) -> None:
    ids = rows.frame[schema.id].to_numpy()[known]
    raise SchemaError(
        f"{_count(known)} have an id that is in the store already ({schema.id}: {_some(ids)}), where each id names one "
        "row; leave them out"
    )


def _count(which: np.ndarray) -> str:
    return f"{int(which.sum()):,} of {len(which):,} rows of the source"


def _some(values: Sequence[Any] | pd.Index | np.ndarray) -> str:
    more = ", ..." if len(values) > _SHOWN else ""
    return ", ".join(str(one) for one in values[:_SHOWN]) + more
