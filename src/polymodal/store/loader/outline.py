"""What a fit has to know of every row of a store before it reads any cell: labels, roles, and what is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from polymodal.errors import CellError
from polymodal.schema.cells import Cells, Unread
from polymodal.schema.table import Table
from polymodal.store.disk.store import Store


def outline(store: Store, more: Sequence[str] = ()) -> Table:
    """The rows of a store, called by their places, without their cells: what is present and unreadable was noted.

    Of the columns `more`, those that it has are read.
    """
    frame = store.table(columns=[one for one in more if one in store.columns]).frame
    names = frame.index
    states = store.states()
    broken: dict[str, list[CellError]] = {name: [] for name in store.schema.names}
    lines = store.quarantine()
    if len(lines):
        places: dict[Any, int] = {name: place for place, name in enumerate(names.tolist())}
        columns = {source: n for n, one in store.schema.modalities.items() for source in one.sources(n)}
        for row, column, path, reason in lines.itertuples(index=False):
            if (owner := columns.get(column)) is not None:
                broken[owner].append(CellError(places[row], column, reason, None if pd.isna(path) else path))
    table = Table(frame.set_axis(pd.RangeIndex(len(frame)), axis=0), store.schema)
    cells = {
        name: Cells(Unread(len(frame)), states[:, position], broken[name])
        for position, name in enumerate(store.schema.names)
    }
    return table.with_cells(cells)
