"""What a search found: for each query the best rows, and which modality told it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from polymodal.explain.tables import Printed, Section, shorten
from polymodal.schema.jsonable import jsonable

if TYPE_CHECKING:
    from polymodal.schema.table import Table

_CELLS, _SHOWN = 3, 40  # of a row that was found; characters of each


@dataclass(frozen=True)
class Hits(Printed):
    """For each query its best rows, best first.

    Attributes:
        queries: `[n]` what each query is called.
        found: one frame a query: rank, row, score, and the score by each modality that was compared with.
        table: the rows that were searched.
        faults: what of the queries cannot be read, a sentence each.
    """

    queries: np.ndarray
    found: Sequence[pd.DataFrame]
    table: Table
    faults: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[pd.DataFrame]:
        return iter(self.found)

    def __getitem__(self, number: int) -> pd.DataFrame:
        return self.found[number]

    def rows(self, number: int = 0) -> Table:
        """The rows found by a query, as a table, best first."""
        places = {name: place for place, name in enumerate(self.table.row_names())}
        return self.table.take(np.array([places[name] for name in self.found[number]["row"]], dtype=np.int64))

    def to_pandas(self) -> pd.DataFrame:
        """One line for each query and row."""
        return pd.concat(
            [one.assign(query=name) for name, one in zip(self.queries, self.found, strict=True)], ignore_index=True
        )

    def to_dict(self) -> list[dict[str, Any]]:
        """The same as plain lists and dicts, for JSON."""
        return [
            {"query": jsonable(name), "found": jsonable(one)}
            for name, one in zip(self.queries, self.found, strict=True)
        ]

    def sections(self) -> list[Section]:
        sections = []
        for number, (name, one) in enumerate(zip(self.queries, self.found, strict=True)):
            shown = self.rows(number).frame
            told = list(one.columns[3:])
            lines = []
            for place, hit in enumerate(one.itertuples(index=False)):
                cells = _worth_reading(shown.iloc[place].tolist())
                by = ["" if pd.isna(value) else f"{value:+.3f}" for value in hit[3:]]
                lines.append([str(hit[0]), str(hit[1]), f"{hit[2]:+.3f}", *by, " | ".join(cells)])
            title = f"Query {name}" if len(self.found) > 1 else "Found"
            sentences = () if lines else ("Nothing that could be compared.",)
            if number == 0:
                sentences = (*self.faults, *sentences)
            sections.append(Section(title, sentences, ["rank", "row", "score", *told, ""] if lines else (), lines))
        return sections


def _worth_reading(row: Sequence[Any]) -> list[str]:
    """Some cells of a row, words before numbers."""
    words = [one for one in row if isinstance(one, str)]
    numbers = [f"{one:g}" for one in row if isinstance(one, (int, float)) and not pd.isna(one)]
    return [shorten(one, _SHOWN) for one in [*words, *numbers][:_CELLS]]
