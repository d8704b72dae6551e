"""From what was asked for to an ingest: settings checked, types settled, the layout drawn."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from polymodal.errors import SettingError, near_miss
from polymodal.schema.schema import Schema
from polymodal.schema.table import Table
from polymodal.store.disk import dataset as disk
from polymodal.store.disk.batch import Layout
from polymodal.store.disk.columns import LABEL, Column, form_of, plan
from polymodal.store.disk.duplicates import MOST_BITS
from polymodal.store.disk.ingest import Ingest, settings_of
from polymodal.store.disk.pictures import Pictures
from polymodal.store.disk.progress import progress_bar
from polymodal.store.disk.record import Record
from polymodal.store.disk.sources._rows import Rows
from polymodal.store.disk.sources.opening import open_rows

DUPLICATES = ("drop", "keep", "link")


def create(
    uri: str,
    source: Any,
    *,
    declared: Mapping[str, Any],
    files: str | os.PathLike[str] | None,
    schema: Schema | None,
    shuffle: bool,
    seed: int,
    duplicates: str,
    near: int,
    pictures: Mapping[str, Any] | None,
    rows_per_fragment: int,
    options: Mapping[str, str] | None,
    progress: bool | Callable[[int, int], None],
) -> Any:
    """The Lance dataset of a whole store; see `Store.create`."""
    disk.lance()  # whether it is there, before any work
    smaller = _checked(duplicates, near, pictures, rows_per_fragment, seed)
    if declared and (schema is not None or isinstance(source, Table)):
        which = "schema=" if schema is not None else "a Table"
        raise SettingError(f"{which} says already what the columns are; leave {', '.join(sorted(declared))} out")
    roles = [str(declared[role]) for role in ("id", "group", "time", "weight") if role in declared]
    rows = open_rows(source, files, roles)
    settled = _settled(source, rows, declared, schema)
    ignored = declared.get("ignore", ())
    ignored = {ignored} if isinstance(ignored, str) else set(map(str, ignored))
    layout = Layout(
        schema=settled,
        columns=plan(rows.frame, settled, rows.heavy, ignored),
        label=_label(rows.frame.index),
        files=rows.files,
        pictures=smaller,
        duplicates=duplicates,
        near=near,
    )
    order = rows.order(np.random.default_rng(seed)) if shuffle else np.arange(len(rows))
    record = Record(
        schema=settled.model_dump(mode="json"),
        rows=len(rows),
        source=rows.fingerprint,
        settings=settings_of(layout, shuffle, seed),
        given={name: sorted(one.item.model_fields_set) for name, one in settled.modalities.items()},
    )
    with progress_bar("rows", progress) as watch:
        held = None if options is None else dict(options)
        return Ingest(uri, held, rows, layout, record, order, rows_per_fragment, watch).run()


def _settled(source: Any, rows: Rows, declared: Mapping[str, Any], schema: Schema | None) -> Schema:
    if schema is not None:
        return schema
    if isinstance(source, Table):
        return source.schema
    types = {**rows.types, **dict(declared.get("types", {}))}
    table = Table.read(rows.frame, files=rows.files, **{**declared, "types": types})
    return table.schema


def _label(index: pd.Index) -> Column | None:
    """What rows are called, where that is not their place."""
    if pd.api.types.is_integer_dtype(index.dtype) and np.array_equal(index.to_numpy(), np.arange(len(index))):
        return None
    return Column(LABEL, *form_of(index.to_series()), (LABEL,))


def _checked(
    duplicates: Any, near: Any, pictures: Mapping[str, Any] | None, rows_per_fragment: Any, seed: Any
) -> Pictures | None:
    faults = []
    if duplicates not in DUPLICATES:
        faults.append(f"duplicates={duplicates!r}. {near_miss(str(duplicates), DUPLICATES)}")
    if not _is_whole(near) or not 0 <= near <= MOST_BITS:
        faults.append(f"near is a number of bits from 0 to {MOST_BITS}; {near!r} came")
    elif near and duplicates == "keep":
        faults.append("near says which pictures are duplicates, and duplicates='keep' keeps them all; 'drop' or 'link'")
    if not _is_whole(rows_per_fragment) or rows_per_fragment < 1:
        faults.append(f"rows_per_fragment is a whole number from 1; {rows_per_fragment!r} came")
    if not _is_whole(seed) or seed < 0:
        faults.append(f"seed is a whole number from 0; {seed!r} came")
    smaller = None
    if pictures is not None:
        try:
            smaller = Pictures.model_validate(dict(pictures))
        except (ValidationError, TypeError, ValueError) as error:
            said = error.errors() if isinstance(error, ValidationError) else []
            listed = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in said] or [str(error)]
            faults += [f"pictures= {fault}. Allowed: longest_side, quality, pyramid" for fault in listed]
    if faults:
        raise SettingError("a store cannot be made like this:" + "".join(f"\n  - {fault}" for fault in faults))
    return smaller


def _is_whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
