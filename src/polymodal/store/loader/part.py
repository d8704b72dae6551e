"""Some rows of a store, which stay where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from polymodal.schema.schema import Schema
from polymodal.schema.table import Table
from polymodal.store.disk.store import Store
from polymodal.store.loader.outline import outline


@dataclass(frozen=True)
class Part:
    """n rows of a store.

    Attributes:
        store: that they are in.
        places: `[n]` where, ascending.
    """

    store: Store
    places: np.ndarray

    def __len__(self) -> int:
        return len(self.places)

    @property
    def schema(self) -> Schema:
        """What each column is."""
        return self.store.schema

    def table(self, columns: Sequence[str], *, embedded: bool = False) -> Table:
        """The rows in memory, as `Store.table` gives all of them."""
        return self.take(np.arange(len(self)), columns, embedded=embedded)

    def take(self, rows: np.ndarray, columns: Sequence[str], *, embedded: bool = False) -> Table:
        """Some of the rows, by position among these."""
        return self.store.take(self.places[rows], columns, embedded=embedded)

    def outline(self, more: Sequence[str] = ()) -> Table:
        """The rows without their cells, called by their places in the store."""
        return outline(self.store, more).take(self.places)

    def names(self) -> pd.Index:
        """What the rows are called."""
        return self.store.table(columns=[]).frame.index[self.places]


def whole(store: Store) -> Part:
    """All rows of a store."""
    return Part(store, np.arange(len(store)))


def split(store: Store, test: float, seed: int, by: Literal["random", "time"]) -> tuple[Part, Part]:
    """The rows that `Table.split` would part into train and test, of which none is read. Raises as that does."""
    held_out = outline(store).held_out(test, seed, by=by)
    return Part(store, np.flatnonzero(~held_out)), Part(store, np.flatnonzero(held_out))
