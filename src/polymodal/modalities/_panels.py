"""Panels: columns of numbers that belong together, found by how their names start, read all at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from polymodal.errors import CellError, SchemaError
from polymodal.modalities._numbers import read_numbers, shown
from polymodal.schema.cells import Cells, State


def columns_of(name: str, prefix: str, frame: pd.DataFrame) -> tuple[str, ...]:
    """The columns of a modality that start with `prefix`. Raises SchemaError when there are none."""
    found = tuple(column for column in frame.columns if str(column).startswith(prefix))
    if not found:
        raise SchemaError(f"modality {name!r}: no column starts with {prefix!r}")
    return found


def read_columns(name: str, columns: Sequence[str], frame: pd.DataFrame) -> Cells:
    """Samples are `[F]` float64 with NaN in gaps; a row of nothing else is absent, one with words unreadable."""
    raw = frame.reindex(columns=list(columns))
    panel = np.full(raw.shape, np.nan)
    unreadable: dict[int, str] = {}
    plain = [dtype.kind == "f" for dtype in raw.dtypes]  # taken all at once: a panel may have thousands of columns
    panel[:, plain] = raw.loc[:, plain].to_numpy(dtype=np.float64)
    odd = ~np.asarray(plain) | np.isinf(panel).any(axis=0)
    for position in np.flatnonzero(odd).tolist():
        column = columns[position]
        panel[:, position], lost = read_numbers(raw[column])
        for row in np.flatnonzero(lost).tolist():
            unreadable.setdefault(
                row, f"{shown(raw[column].iloc[[row]].tolist()[0])} in {column!r} is no finite number"
            )
    state = (~np.isnan(panel)).any(axis=1).astype(np.int8)
    for broken in unreadable:
        state[broken] = State.UNREADABLE
    samples = [panel[row] if state[row] == State.PRESENT else None for row in range(len(panel))]
    return Cells(samples, state, [CellError(frame.index[row], name, why) for row, why in sorted(unreadable.items())])
