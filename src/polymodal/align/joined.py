"""Joined: the table that a join made, who is with whom, and who has been left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from polymodal.align._links import Links
from polymodal.align._remainder import Remainder
from polymodal.align._wording import count, duration, paragraphs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SHOWN = 5  # rows of each side that are printed


@dataclass(frozen=True)
class Joined:
    """What a join made; nothing is left out without being listed.

    Attributes:
        how: by what rows were joined, in words.
        table: every row of the left, with the columns of the right; null where there was no partner.
        links: which rows belong together.
        scale: what a distance is in, such as "s" or "km".
        left, right: which rows have no partner, and why.
        notes: what is worth knowing, one sentence each.
        near_misses: pairs that were nearly taken, with their similarity; a frame, empty where the question is moot.
    """

    how: str
    table: pd.DataFrame
    links: Links
    scale: str
    left: Remainder
    right: Remainder
    notes: tuple[str, ...]
    near_misses: pd.DataFrame

    def __str__(self) -> str:
        blocks = [paragraphs(f"Joined {self.how}: {count(len(self.table), 'row')}", self._sentences())]
        for side, other in (("left", self.left), ("right", self.right)):
            if len(other.rows):
                blocks.append(paragraphs(f"Without a partner on the {side}", [], _lines(other)))
        if len(self.near_misses):
            told = self.near_misses.head(_SHOWN)
            lines = [[str(cell) for cell in line] for line in told.itertuples(index=False)]
            title = f"Near misses ({len(self.near_misses)})"
            blocks.append(paragraphs(title, [], [list(map(str, told.columns)), *lines]))
        return "\n\n".join(blocks)

    def __repr__(self) -> str:
        return str(self)

    @property
    def pairs(self) -> np.ndarray:
        """`[P, 2]` int64, positions of rows that belong together, of the left and of the right."""
        return self.links.pairs

    @property
    def distances(self) -> np.ndarray | None:
        """`[P]` float64, how far apart they are; None where that has no meaning."""
        return self.links.distances

    def to_pandas(self) -> pd.DataFrame:
        """A copy of the joined table."""
        return self.table.copy()

    def unmatched(self) -> pd.DataFrame:
        """Each row without a partner: `side`, `row` as its table names it, and `reason`."""
        sides = [one.to_pandas().assign(side=name) for name, one in (("left", self.left), ("right", self.right))]
        return pd.concat(sides, ignore_index=True)[["side", "row", "reason"]]

    def to_dict(self) -> dict[str, Any]:
        """What happened as plain lists, dicts, numbers and strings; the table itself is in `to_pandas`."""
        told: dict[str, Any] = {
            "how": self.how,
            "rows": len(self.table),
            "pairs": len(self.pairs),
            "left": {"rows": len(self.left.labels), "unmatched": self.left.to_list()},
            "right": {"rows": len(self.right.labels), "unmatched": self.right.to_list()},
            "notes": list(self.notes),
            "near_misses": self.near_misses.to_dict("records"),
        }
        if self.distances is not None and len(self.distances):
            low, middle, high = (float(one) for one in np.quantile(self.distances, [0, 0.5, 1]))
            told["distances"] = {"least": low, "median": middle, "most": high, "scale": self.scale}
        return told

    def plot(self) -> Figure:
        """How many rows have a partner on each side, and how far apart partners are."""
        from polymodal.align._joined_plot import figure  # matplotlib is slow to import

        return figure(self)

    def _sentences(self) -> list[str]:
        told = []
        for side, other in (("left", self.left), ("right", self.right)):
            n = len(other.labels)
            told.append(f"{n - len(other.rows):,} of {count(n, 'row')} of the {side} have a partner")
        if self.distances is not None and len(self.distances):
            low, middle, high = np.quantile(self.distances, [0, 0.5, 1])
            least, usual, most = (self._shown(one) for one in (low, middle, high))
            told.append(f"partners are {least} to {most} apart, {usual} in the middle")
        return [*told, *self.notes]

    def _shown(self, distance: float) -> str:
        return duration(float(distance)) if self.scale == "s" else f"{distance:.4g} {self.scale}"


def taken(right: pd.DataFrame, rows: np.ndarray, found: np.ndarray) -> pd.DataFrame:
    """Rows of a frame by position, null where not `found`; whole numbers and booleans stay what they are.

    >>> taken(pd.DataFrame({"n": [7, 8]}), np.array([1, 0]), np.array([True, False]))["n"].tolist()
    [8, <NA>]
    """
    if not len(right):
        return pd.DataFrame({name: [None] * len(rows) for name in right.columns})
    places = rows if found.all() else np.where(found, rows, 0)
    return pd.DataFrame({name: _taken(column, places, found) for name, column in right.items()}, copy=False)


def _taken(column: pd.Series, places: np.ndarray, found: np.ndarray) -> Any:
    values: Any = column.to_numpy() if isinstance(column.dtype, np.dtype) else column.array
    chosen = values.take(places)
    if found.all():
        return chosen
    kind = column.dtype.kind if isinstance(column.dtype, np.dtype) else ""
    if kind in ("i", "u"):
        return pd.arrays.IntegerArray(chosen, ~found)
    if kind == "b":
        return pd.arrays.BooleanArray(chosen, ~found)
    if kind == "f":
        chosen[~found] = np.nan
        return chosen
    series = pd.Series(chosen, copy=False)
    return (series.where(found, None) if kind == "O" else series.where(found)).array


def beside(left: pd.DataFrame, right: pd.DataFrame, suffix: str = "_right") -> pd.DataFrame:
    """Two frames of as many rows side by side, on the labels of the left; a name that is taken gets the suffix."""
    names, there = [], set(left.columns)
    for name in map(str, right.columns):
        while name in there:
            name += suffix
        there.add(name)
        names.append(name)
    return pd.concat([left, right.set_axis(names, axis=1).set_axis(left.index, axis=0)], axis=1)


def _lines(side: Remainder) -> Sequence[Sequence[str]]:
    lines: list[Sequence[str]] = [(f"{n:,}", reason) for reason, n in side.counts().items()]
    rows = side.rows[:_SHOWN]
    named = ", ".join(str(side.labels[row]) for row in rows)
    more = ", ..." if len(side.rows) > len(rows) else ""
    return [*lines, ("rows", named + more)]
