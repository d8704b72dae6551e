"""Rows in memory as they were read, from which cells are handed out without a copy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

from polymodal.schema.cells import State
from polymodal.schema.schema import Schema
from polymodal.schema.table import Table
from polymodal.schema.target import Labels
from polymodal.store.disk.columns import STATES, Column, frame_of
from polymodal.store.loader.rows import Rows, states_in
from polymodal.store.loader.spans import Spans

Found = TypeVar("Found")


@dataclass(frozen=True)
class Window:
    """m rows.

    Attributes:
        rows: where they were read.
        places: `[m]` their places there, ascending.
        read: their columns.
        schema: of what is wanted of them.
        damaged: by modality, which rows (by position) hold another cell than came in.
    """

    rows: Rows
    places: np.ndarray
    read: pa.Table
    schema: Schema
    damaged: Mapping[str, np.ndarray] = field(default_factory=dict)

    @cached_property
    def states(self) -> np.ndarray:
        """`[m, M]` int8 of State; a column that came later is there where it is not null."""
        first = self.rows.first
        noted = states_in(self.read[STATES], len(first))
        found = np.zeros((len(self.places), len(self.schema.names)), dtype=np.int8)
        for position, name in enumerate(self.schema.names):
            if name in first:
                found[:, position] = noted[:, first.index(name)]
            else:
                found[:, position] = ~self.read[self.column(name).name].is_null().to_numpy()
            found[self.damaged.get(name, []), position] = State.UNREADABLE
        return found

    @cached_property
    def present(self) -> np.ndarray:
        """`[m, M]` bool."""
        present: np.ndarray = self.states == State.PRESENT
        return present

    @cached_property
    def unreadable(self) -> np.ndarray:
        """`[m]` bool, whether a row has a cell that cannot be read."""
        broken: np.ndarray = (self.states == State.UNREADABLE).any(axis=1)
        return broken

    @cached_property
    def has_unreadable(self) -> bool:
        """Whether any row has such a cell."""
        return bool(self.unreadable.any())

    @cached_property
    def labels(self) -> Mapping[str, Labels]:
        """The labels of each target."""
        found = {name: self._learnt.labels(name) for name in self.schema.targets}
        return {name: one for name, one in found.items() if one is not None}

    @cached_property
    def weight(self) -> np.ndarray | None:
        """`[m]` weights of the rows, or None."""
        column = self.schema.weight
        if column is not None and (self._learnt.frame[column] == 0).all():
            return np.zeros(len(self.places))  # which is no fault, as long as others have some
        return self._learnt.weights()

    def column(self, name: str) -> Column:
        """The column on disk of a modality that has one."""
        return next(one for one in self.rows.columns if one.columns == (name,))

    def cells(self, name: str, at: np.ndarray) -> list[memoryview]:
        """The bytes of some cells of a column on disk, by position in the window, not copied; a null has none."""
        return self.spans(name).of_rows(at)

    def spans(self, name: str) -> Spans:
        """Where the bytes of a column on disk stand."""
        return self.once(f"{name} spans", lambda: Spans.of(self.read[name]))

    def once(self, key: str, work: Callable[[], Found]) -> Found:
        """What is worked out of the window once and kept under a name of its own."""
        if key not in self._kept:
            self._kept[key] = work()
        found: Found = self._kept[key]
        return found

    def take(self, at: np.ndarray, columns: Sequence[Column]) -> pa.Table:
        """Rows `at` (by position in the window), some columns of them."""
        return pa.table({one.name: self._taken(at, one) for one in columns})

    def _taken(self, at: np.ndarray, column: Column) -> pa.Array:
        if column.form not in ("cells", "text"):
            return self._whole(column.name).take(pa.array(at))
        # Lance hands out pieces, which Arrow would first copy into one.
        there = ~self._nulls(column.name)[at]
        cells = self.cells(column.name, at)
        found = pa.array([cell if here else None for cell, here in zip(cells, there, strict=True)], pa.large_binary())
        return found if column.form == "cells" else found.cast(pa.large_string())

    @cached_property
    def _kept(self) -> dict[str, Any]:
        return {}

    def _whole(self, name: str) -> pa.Array:
        return self.once(name, lambda: self.read[name].combine_chunks())

    def _nulls(self, name: str) -> np.ndarray:
        return self.once(f"{name} is null", lambda: self.read[name].is_null().to_numpy())

    @cached_property
    def _learnt(self) -> Table:
        sources = {source for name, one in self.schema.targets.items() for source in one.sources(name)}
        sources |= {self.schema.weight} if self.schema.weight is not None else set()
        columns = [one for one in self.rows.columns if sources & set(one.columns)]
        read = self.read.select([one.name for one in columns])
        return Table(frame_of(read, columns, pd.Index(self.places)), self.schema)
