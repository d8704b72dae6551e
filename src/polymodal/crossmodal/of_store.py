"""The index of a store: made a block of rows at a time, kept in the folder of the store, and carried on as it grows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from polymodal.asked import as_table
from polymodal.crossmodal.directions import Directions
from polymodal.crossmodal.key import key_of_space
from polymodal.crossmodal.plan import Part, Plan
from polymodal.crossmodal.shelf import EXACT, PLACE
from polymodal.crossmodal.stored import StoredIndex, stored
from polymodal.errors import SchemaError
from polymodal.schema.table import Table
from polymodal.store.disk.dataset import is_store

if TYPE_CHECKING:
    from polymodal.contrastive._contrast import Contrast
    from polymodal.model import Model
    from polymodal.store.disk.store import Store

_BLOCK = 4096  # rows read and encoded at once
_SAMPLE = 20_000  # rows of many, by which the middles of modalities are found


def index_of_store(
    model: Model,
    store: Store,
    contrast: Contrast,
    path: str | os.PathLike[str] | None = None,
    backend: str | None = None,
) -> StoredIndex:
    """Of all rows; what an earlier call made of this model and this store is opened, and rows that came since added.

    Raises SchemaError for a store of no rows, ArtifactError where it cannot be written.
    """
    if not len(store):
        raise SchemaError(f"{store.uri} has no rows to be searched")
    key = key_of_space(model)
    place = f"{store.uri}/_search/{key[:16]}" if path is None else os.fspath(path)
    if is_store(place):
        index = StoredIndex.open(model, key, place, contrast, backend)
        seen = index.shelf.every(None, [PLACE])[PLACE].drop_null().to_numpy()
        first = int(seen.max(initial=-1)) + 1
        return index if first >= len(store) else index.with_parts(_parts(model, store, np.arange(first, len(store))))
    every = np.arange(len(store))
    if len(store) < EXACT:
        parts = list(_parts(model, store, every))
        sample = parts
    else:
        some = np.sort(np.random.default_rng(0).choice(every, _SAMPLE, replace=False))
        sample = list(_parts(model, store, some))
        parts = _parts(model, store, every)  # type: ignore[assignment]
    names = {name for _, one, _ in sample for name in one.modalities}
    middles = {
        name: np.concatenate([one.values[name] for _, one, _ in sample if name in one.values]).mean(axis=0)
        for name in model.schema.names
        if name in names
    }
    directions = Directions(contrast, middles)
    plan = Plan.of(store._columns, _names(store), directions)
    return stored(model, key, place, parts, plan, contrast, backend)


def _names(store: Store) -> np.ndarray:
    """What rows are called, or their places where that is not one row each."""
    names = store.table(columns=[]).row_names()
    return names if len(set(names.tolist())) == len(names) else np.arange(len(names))


def _parts(model: Model, store: Store, places: np.ndarray) -> Iterator[Part]:
    names = _names(store)
    kept = [one.columns[0] for one in store._columns if one.form in ("native", "text")]
    read = [column for column in store.columns if model.schema.readers(column)]
    for start in range(0, len(places), _BLOCK):
        some = places[start : start + _BLOCK]
        rows = store.take(some, list(dict.fromkeys([*read, *kept])), embedded=True)
        rows = Table(rows.frame.set_axis(pd.Index(names[some]), axis=0), rows.schema, rows.files, rows.embedded)
        table, _ = as_table(rows, model.schema, None)
        vectors = model.vectors(table)
        frame = table.frame[[column for column in kept if column in table.frame.columns]]
        yield Table(frame, table.schema), vectors.called(names[some]), some
