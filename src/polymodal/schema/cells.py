"""A cell is present, absent or unreadable; the three are kept apart from reader to report."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, overload

import numpy as np
import pandas as pd

from polymodal.errors import CellError


class State(IntEnum):
    """What became of one cell."""

    ABSENT = 0
    PRESENT = 1
    UNREADABLE = 2


def is_absent(raw: Any) -> bool:
    """Whether a raw cell holds nothing: None, NaN, NA, NaT, an empty list, tuple, dict or array.

    Zero, False and the empty string are values, and present.

    >>> [is_absent(raw) for raw in (None, float("nan"), [], 0, "")]
    [True, True, True, False, False]
    """
    if raw is None or raw is pd.NA or raw is pd.NaT:
        return True
    if isinstance(raw, (str, bytes)):
        return False
    if isinstance(raw, np.ndarray):
        return raw.size == 0
    if isinstance(raw, (list, tuple, dict, set)):
        return len(raw) == 0
    if isinstance(raw, (float, np.floating, np.datetime64)):
        return bool(pd.isna(raw))
    shape = getattr(raw, "shape", None)  # of sparse matrices, which refuse to say their length
    if isinstance(shape, tuple) and shape:
        return 0 in shape
    return isinstance(raw, Sized) and len(raw) == 0


class Unreadable(Exception):
    """Raised while decoding one cell; the reader adds row and column and files it as a CellError.

    `item`, counted from 1, is which of several things in the cell cannot be read.
    """

    def __init__(self, reason: str, path: str | None = None, item: int | None = None) -> None:
        self.reason, self.path, self.item = reason, path, item
        super().__init__(reason)


@dataclass(frozen=True)
class Broken:
    """A raw cell that is known to be unreadable and of which nothing else was kept; reading it says so again.

    >>> decode_each([Broken("no such file", "a.png")], str, column="photo", rows=[0]).faults[0].reason
    'no such file'
    """

    reason: str
    path: str | None = None

    def __repr__(self) -> str:
        return self.reason


@dataclass(frozen=True)
class Cells:
    """The cells of one modality for all rows of a table.

    Attributes:
        samples: one decoded sample a row, None where the cell is not present.
        state: `[N]` int8 of State.
        faults: one CellError for each unreadable cell; where a cell holds several things, one for each of them that
            cannot be read, and the cell is present as long as one can.
        notes: the label of a row and what was put right in its cell, for the report.
    """

    samples: Sequence[Any]
    state: np.ndarray
    faults: list[CellError] = field(default_factory=list)
    notes: list[tuple[Any, str]] = field(default_factory=list)

    @property
    def present(self) -> np.ndarray:
        """`[N]` bool, True where a sample is there to be used."""
        return self.state == State.PRESENT

    def __len__(self) -> int:
        return len(self.state)

    def taken(self, rows: np.ndarray, index: pd.Index) -> Cells:
        """Those of some rows by position; `index` has the labels of all rows, each once."""
        by_label: dict[Any, list[CellError]] = {}
        for fault in self.faults:
            by_label.setdefault(fault.row, []).append(fault)
        faults = [fault for label in index[rows] for fault in by_label.get(label, ())] if by_label else []
        taken = set(index[rows]) if self.notes else set()
        notes = [note for note in self.notes if note[0] in taken]
        unread = isinstance(self.samples, Unread)
        samples = Unread(len(rows)) if unread else [self.samples[row] for row in rows]
        return Cells(samples, self.state[rows], faults, notes)

    def without(self, hidden: np.ndarray, index: pd.Index) -> Cells:
        """The same with the cells of a mask `[N]` absent; `index` has the labels of the rows."""
        samples = [None if gone else sample for sample, gone in zip(self.samples, hidden.tolist(), strict=True)]
        kept = set(index[~hidden])
        faults = [fault for fault in self.faults if fault.row in kept]
        notes = [note for note in self.notes if note[0] in kept]
        return Cells(samples, np.where(hidden, np.int8(State.ABSENT), self.state), faults, notes)


class Unread(Sequence[None]):
    """Samples that stay on disk."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, place: int) -> None: ...
    @overload
    def __getitem__(self, place: slice) -> Unread: ...
    def __getitem__(self, place: Any) -> Any:
        return Unread(len(range(self.length)[place])) if isinstance(place, slice) else None


def decode_each(
    raws: Sequence[Any], decode: Callable[[Any], Any], *, column: str, rows: Sequence[Any] | pd.Index, threads: int = 1
) -> Cells:
    """Decode raw cells one by one, each fault filed under its own row.

    `decode` returns a sample, or None for a cell that turns out to hold nothing, or raises Unreadable.
    `rows` are the row labels to name in faults. With `threads` above 1 the decoder must release the GIL
    to gain from it.
    """

    def attempt(raw: Any) -> Any:
        if is_absent(raw):
            return None
        if isinstance(raw, Broken):
            return Unreadable(raw.reason, raw.path)
        try:
            return decode(raw)
        except Unreadable as fault:
            return fault

    if threads > 1 and len(raws) > 1:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(threads) as pool:
            outcomes = list(pool.map(attempt, raws))
    else:
        outcomes = [attempt(raw) for raw in raws]

    state = np.zeros(len(raws), dtype=np.int8)
    faults = []
    for position, outcome in enumerate(outcomes):
        if isinstance(outcome, Unreadable):
            faults.append(CellError(rows[position], column, outcome.reason, outcome.path))
            outcomes[position], state[position] = None, State.UNREADABLE
        elif outcome is not None:
            state[position] = State.PRESENT
    return Cells(outcomes, state, faults)
