"""What a loader must know of every row before it deals any: labels, groups, patterns, weights, lengths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from polymodal.errors import SettingError, near_miss
from polymodal.schema.schema import Schema
from polymodal.schema.table import Table
from polymodal.schema.target import Discrete
from polymodal.store.disk.added import in_order
from polymodal.store.disk.columns import Column, frame_of
from polymodal.store.loader.rows import Rows

_AT_ONCE = 256  # rows of a sample


def label_keys(rows: Rows) -> np.ndarray:
    """`[N]` code of each row's class, -1 where it is not known; of the first target that has classes."""
    targets = {name: one for name, one in rows.schema.targets.items() if isinstance(one, Discrete)}
    if not targets:
        raise SettingError("balance='class' needs a target with classes, and the rows have none")
    name = next(iter(targets))
    codes = []
    for frame in _frames(rows, targets[name].sources(name)):
        labels = Table(frame, rows.schema).labels(name)
        assert labels is not None
        codes.append(np.where(labels.known_rows, labels.values, -1))
    return np.concatenate(codes)


def group_keys(rows: Rows) -> np.ndarray:
    """`[N]` code of each row's group, -1 where it has none."""
    if rows.schema.group is None:
        raise SettingError("balance='group' needs a group column; make the store or table with group=COLUMN")
    cells = pd.concat([frame[rows.schema.group] for frame in _frames(rows, [rows.schema.group])], ignore_index=True)
    return np.asarray(pd.factorize(cells)[0], dtype=np.int64)


def pattern_keys(rows: Rows) -> np.ndarray:
    """`[N]` code of each row's presence pattern; -1 for a row with nothing."""
    present = rows.states() == 1
    _, codes = np.unique(np.packbits(present, axis=1), axis=0, return_inverse=True)
    return np.where(present.any(axis=1), codes.ravel(), -1)


def weights_of(rows: Rows, weights: str | Sequence[float] | np.ndarray | pd.Series) -> np.ndarray:
    """`[N]` numbers of a column, where a row without one is never drawn; of a Series, by the rows that it names."""
    if isinstance(weights, (pd.Series, pd.DataFrame)):
        names = pd.Index(rows.called(np.arange(len(rows))))
        return np.asarray(in_order(weights, names, "weights"))
    if not isinstance(weights, str):
        return np.asarray(weights)
    known = [name for one in rows.columns if one.form == "native" for name in one.columns]
    if weights not in known:
        raise SettingError(f"weights: no column of numbers {weights!r}. {near_miss(weights, known)}")
    cells = pd.concat([frame[weights] for frame in _frames(rows, [weights])], ignore_index=True)
    return pd.to_numeric(cells, errors="coerce").fillna(0).to_numpy(dtype=np.float64)


def lengths_of(rows: Rows, schema: Schema, name: str) -> np.ndarray:
    """`[N]` int32 bytes that each cell of a modality takes; 0 where there is none."""
    if name not in schema.names:
        raise SettingError(f"bucket: no modality {name!r}. {near_miss(name, schema.names)}")
    column = next((one for one in rows.columns if one.columns == (name,) and one.form in ("cells", "text")), None)
    if column is None:
        raise SettingError(f"bucket={name!r}: its cells are all of one length; leave bucket out")
    found = [np.zeros(0, dtype=np.int32)]
    for batch in rows.scan([column]):
        wide = batch[column.name].cast(pa.large_binary())
        offsets = np.frombuffer(wide.buffers()[1], dtype=np.int64)[wide.offset : wide.offset + len(wide) + 1]
        found.append(np.diff(offsets).astype(np.int32))
    return np.concatenate(found)


def sampled(rows: Rows, schema: Schema, chosen: np.ndarray | None, seed: int, most: int) -> Table:
    """Up to `most` of the rows, drawn from the seed, as a table."""
    of: int | np.ndarray = len(rows) if chosen is None else chosen
    count = len(rows) if chosen is None else len(chosen)
    # Out of a number, none is listed that is not drawn.
    few = np.random.default_rng(seed).choice(of, most, replace=False) if count > most else of
    places = np.sort(few) if isinstance(few, np.ndarray) else np.arange(few)
    reads = {source for name, one in schema.modalities.items() for source in one.sources(name)}
    columns = [one for one in rows.columns if reads & set(one.columns)]
    names = [one.name for one in columns]
    # Rows far apart are read with much around them.
    read = [rows.read(places[at : at + _AT_ONCE], names) for at in range(0, len(places), _AT_ONCE)]
    return Table(frame_of(pa.concat_tables(read), columns, pd.Index(places)), schema)


def _frames(rows: Rows, sources: Sequence[str]) -> Iterator[pd.DataFrame]:
    columns: list[Column] = [one for one in rows.columns if set(sources) & set(one.columns)]
    for batch in rows.scan(columns):
        yield frame_of(pa.Table.from_batches([batch]), columns, pd.RangeIndex(len(batch)))
