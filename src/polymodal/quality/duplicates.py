"""Rows that are nearly the same: within a table, or in two that should have nothing in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from polymodal.errors import SettingError, near_miss
from polymodal.quality.content import Content
from polymodal.quality.pairs import Pairs, find_pairs
from polymodal.schema.table import Table

_SHOWN = 10


@dataclass(frozen=True)
class Duplicates:
    """Pairs of rows that are nearly the same.

    Attributes:
        pairs: by position; those of the other table go on from `len(names)`.
        modalities: M names.
        names: what the rows of the table are called.
        other: what those of the other one are called, or None within one table.
        filled: `[N]` how much each row of the table holds, for the choice of the one to keep.
    """

    pairs: Pairs
    modalities: tuple[str, ...]
    names: np.ndarray
    other: np.ndarray | None
    filled: np.ndarray

    def __len__(self) -> int:
        return len(self.pairs.left)

    @cached_property
    def clusters(self) -> list[np.ndarray]:
        """Positions of the rows of the table that are one thing, each cluster ascending.

        Against another table, rows of both count as linked, and the clusters list those of the first.
        """
        n = len(self.names) + (0 if self.other is None else len(self.other))
        links = (np.ones(len(self)), (self.pairs.left, self.pairs.right))
        component = connected_components(csr_matrix(links, shape=(n, n)), directed=False)[1]
        linked = np.unique(self.pairs.left if self.other is not None else [self.pairs.left, self.pairs.right])
        return [linked[component[linked] == one] for one in np.unique(component[linked])]

    def keep(self) -> np.ndarray:
        """Positions of one row of each cluster, the fullest, and of all rows that are in none: for `table.take`.

        Against another table, the rows that are not in the other one.
        """
        kept = np.ones(len(self.names), dtype=bool)
        for rows in self.clusters:
            kept[rows] = False
            if self.other is None:
                kept[rows[np.argmax(self.filled[rows])]] = True
        return np.flatnonzero(kept)

    def weights(self) -> np.ndarray:
        """`[N]` 1 over the size of each row's cluster, for the column named by `weight=`.

        Against another table, 0 for rows that are in the other one.
        """
        found = np.ones(len(self.names))
        for rows in self.clusters:
            found[rows] = 0.0 if self.other is not None else 1 / len(rows)
        return found

    def to_pandas(self) -> pd.DataFrame:
        """One line a pair: both rows, the least likeness over what both have, those modalities, and if identical."""
        names = self.names if self.other is None else np.concatenate([self.names.astype(object), self.other])
        least = np.where(self.pairs.shared, self.pairs.likeness, 1.0).min(axis=1, initial=1.0)
        frame = pd.DataFrame(
            {
                "row": names[self.pairs.left],
                "other": names[self.pairs.right],
                "similarity": least,
                "identical": self.pairs.identical,
                "modalities": [
                    " + ".join(name for name, there in zip(self.modalities, both, strict=True) if there)
                    for both in self.pairs.shared
                ],
            }
        )
        return frame.sort_values("similarity", ascending=False, kind="stable", ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        """The same as plain lists and numbers, ready for JSON."""
        columns = self.to_pandas().to_dict("list")
        pairs = [dict(zip(columns, line, strict=True)) for line in zip(*columns.values(), strict=True)]
        rows = [self.names[rows].tolist() for rows in self.clusters]
        return {"rows": len(self.names), "pairs": pairs, "clusters": rows, "kept": len(self.keep())}

    def __str__(self) -> str:
        n, several = len(self.names), sum(map(len, self.clusters))
        if not len(self):
            against = "" if self.other is None else f" against {len(self.other):,}, none in both"
            return f"No near-duplicates: {n:,} rows{against}"
        if self.other is None:
            extra = n - len(self.keep())
            told = f"{several:,} of {n:,} rows are near-duplicates; one of each would do, {extra:,} fewer"
            advice = "Take one of each, table.take(found.keep()), or weigh them, found.weights(); split them together."
        else:
            told = f"{several:,} of {n:,} rows are also in the other table ({len(self.other):,} rows): that is leakage"
            advice = "Scores on the one after learning from the other are too good; take found.keep() of the first."
        shown = self.to_pandas().head(_SHOWN)
        lines = [
            f"  {row} ~ {other}  {similarity:.3f}  {'identical ' if identical else ''}{modalities}"
            for row, other, similarity, identical, modalities in shown.itertuples(index=False)
        ]
        more = [f"  ... and {len(self) - _SHOWN:,} more pairs"] if len(self) > _SHOWN else []
        return "\n".join([told, *lines, *more, advice])


def duplicates(
    table: Table, other: Table | None = None, *, threshold: float | Mapping[str, float] | None = None
) -> Duplicates:
    """Rows of a table that are nearly the same, or rows of two tables that are in both: train and test, say.

    Two rows are when every modality that both have is alike, and one of them at least is so by more than chance: cells
    that are flat, almost empty, or like those of many rows (over 1 %, from ten to fifty) are no evidence. What is
    absent is neither for nor against. Text and wide panels are compared by the cosine of their plain features, pictures
    of their thumbnails, series of their samples, each less where lengths differ (after SemDeDup, Abbas et al. 2023).
    Numbers and categories are compared column by column, rounding aside; where rows agree as often by chance, they
    nominate none unless they are equal, and that is rare too.

    Args:
        table, other: the other one is read by the schema of the first. Labels are not looked at.
        threshold: likeness from 0 to 1 from which cells are taken to be the same, for all modalities or by name; left
            out, .7 for text (a word in twelve changed), .975 for pictures and .95 for all else.

    Memory grows with the number of rows, not of pairs. Raises SettingError for a threshold that cannot be, and
    for tables that have no column in common.

    >>> notes = ["sharp chest pain at night", "cough and cold all week", "Sharp chest pain at night"]
    >>> table = Table.read({"note": notes})
    >>> duplicates(table).keep().tolist()
    [0, 1]
    """
    _refuse(table, other, threshold)
    names = table.schema.names
    limits = (
        {} if threshold is None else threshold if isinstance(threshold, Mapping) else dict.fromkeys(names, threshold)
    )
    tables = [table] if other is None else [table, other.with_schema(table.schema)]
    contents = [Content.of(name, tables) for name in names]
    pairs = find_pairs([one for one in contents if len(one)], len(table), sum(map(len, tables)), limits)
    present = [name for name, one in zip(names, contents, strict=True) if len(one)]
    columns = _columns(table)
    filled = table.frame[[c for c in table.frame.columns if c in columns]].notna().sum(axis=1).to_numpy()
    readable = table.present().sum(axis=1)
    return Duplicates(
        pairs,
        tuple(present),
        table.row_names(),
        None if other is None else tables[1].row_names(),
        readable + filled / (1 + len(columns)),
    )


def _columns(table: Table) -> set[str]:
    """Those that its modalities are read from."""
    return {column for name, one in table.schema.modalities.items() for column in one.sources(name)}


def _refuse(table: Any, other: Any, threshold: Any) -> None:
    faults = [
        f"duplicates takes a Table, {type(one).__name__} came; read it first: pm.Table.read(data)"
        for one in (table, *([] if other is None else [other]))
        if not isinstance(one, Table)
    ]
    if faults:
        raise SettingError("\n".join(faults))
    if other is not None and not _columns(table) & set(other.frame.columns):
        read = ", ".join(map(repr, sorted(_columns(table))[:10]))
        faults.append(f"the tables have nothing to compare: the other one has no column of {read}")
    limits = threshold if isinstance(threshold, Mapping) else {} if threshold is None else {"": threshold}
    for name, limit in limits.items():
        if name and name not in table.schema.names:
            faults.append(f"threshold= names no modality: {name!r}. {near_miss(str(name), table.schema.names)}")
        if isinstance(limit, bool) or not isinstance(limit, (int, float)) or not 0 < limit <= 1:
            faults.append(f"threshold {limit!r} is no number above 0 and up to 1")
    if faults:
        raise SettingError("\n".join(faults))
