"""Rows of a table to be searched by any part of a row: a sentence finds pictures, a picture finds notes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from polymodal.asked import as_table
from polymodal.crossmodal.alike import alike_pairs
from polymodal.crossmodal.conditions import places_where
from polymodal.crossmodal.directions import Direction, Directions
from polymodal.crossmodal.faiss_search import FaissSearch
from polymodal.crossmodal.hits import Hits
from polymodal.crossmodal.key import key_of_space
from polymodal.crossmodal.plan import Plan
from polymodal.crossmodal.questions import Questions, ranked
from polymodal.crossmodal.searchable import Searchable, called, depth, refuse_taken
from polymodal.crossmodal.shelf import EXACT
from polymodal.crossmodal.stored import StoredIndex, stored
from polymodal.crossmodal.vectors import Vectors
from polymodal.errors import SettingError, near_miss
from polymodal.schema.table import Table

if TYPE_CHECKING:
    from polymodal.contrastive._contrast import Contrast
    from polymodal.model import Model


class Index(Searchable):
    """Rows in memory, searched exactly, or from 50,000 rows on by FAISS where that was asked for.

    Attributes:
        table: the rows.
        vectors: their cells.
        backend: what finds candidates where rows are many; None where every row is compared.
    """

    def __init__(
        self, model: Model, table: Table, vectors: Vectors, contrast: Contrast, backend: str | None = None
    ) -> None:
        self._model, self.table, self.vectors, self.backend = model, table, vectors, backend
        middles = {name: one.mean(axis=0) for name, one in vectors.values.items()}
        self._directions = Directions(contrast, middles)
        self._centred = {name: self._directions.centred(name, one) for name, one in vectors.values.items()}

    def __len__(self) -> int:
        return len(self.vectors)

    def __repr__(self) -> str:
        return f"Index({len(self):,} rows, {', '.join(self.modalities)})"

    @property
    def modalities(self) -> tuple[str, ...]:
        return self.vectors.modalities

    def duplicates(self, least: float = 0.95) -> pd.DataFrame:
        """Every two rows that are alike: row, other, score, and how alike by each modality; the most alike first.

        Args:
            least: mean cosine, over the modalities that both rows have, from which on they count; -1 to 1.

        Raises SettingError for another number.
        """
        if isinstance(least, bool) or not isinstance(least, (int, float, np.number)) or not -1 <= least <= 1:
            raise SettingError(f"least is a mean cosine from -1 to 1; {least!r} came")
        return alike_pairs(self.vectors, self._centred, least)

    def _hits(self, asked: Questions, toward: Sequence[Mapping[str, Direction]], k: int, where: str | None) -> Hits:
        kept = None if where is None else places_where(self.table.frame, where)
        found = []
        for one in toward:
            rows = self._candidates(one, k, kept)
            found.append(
                ranked(self.vectors.names if rows is None else self.vectors.names[rows], self._told(one, rows), k)
            )
        return Hits(asked.names, tuple(found), self.table, asked.faults)

    def _candidates(self, toward: Mapping[str, Direction], k: int, kept: np.ndarray | None) -> np.ndarray | None:
        """The rows that come into question, ascending; None for all."""
        if self.backend is None or len(self) < EXACT:
            return kept
        most = depth(k, toward)
        found = [self._faiss[one.is_whole].near(name, one.vector, most, kept) for name, one in toward.items()]
        return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *found]))

    @cached_property
    def _faiss(self) -> dict[bool, FaissSearch]:
        """Around the middle of each modality, and as the model placed them where that is asked for."""
        kinds = {False: self._centred} | ({True: self.vectors.values} if self._directions.contrast.is_joint else {})
        return {
            is_whole: FaissSearch({name: (one, self.vectors.rows[name]) for name, one in held.items()}, len(self))
            for is_whole, held in kinds.items()
        }

    def add(self, rows: Any, *, files: str | os.PathLike[str] | None = None) -> Index:
        """An index of these rows too, which are called otherwise than those that are there.

        Raises SchemaError for rows that are called like others, SettingError for cells in another folder of files.
        """
        more, _ = as_table(rows, self._model.schema, files)
        vectors = self._model.vectors(more)
        refuse_taken(set(self.vectors.names.tolist()) & set(vectors.names.tolist()))
        if more.files != self.table.files and None not in (more.files, self.table.files):
            raise SettingError("rows of one index lie in one folder of files; give rows whose cells are no paths")
        frame = pd.concat([self.table.frame, more.frame])
        table = Table(frame, self.table.schema, self.table.files or more.files)
        return Index(self._model, table, self.vectors.with_more(vectors), self._directions.contrast, self.backend)

    def delete(self, rows: Sequence[Any]) -> Index:
        """An index without some rows, by what they are called. Raises SettingError for one that is not there."""
        wanted = called(rows)
        known = self.vectors.names.tolist()
        there = set(known)
        strange = [one for one in wanted if one not in there]
        if strange:
            raise SettingError(
                f"no row {strange[0]!r} in the index. {near_miss(str(strange[0]), list(map(str, known)))}"
            )
        kept = np.flatnonzero(~np.isin(self.vectors.names, np.array(wanted, dtype=self.vectors.names.dtype)))
        if not len(kept):
            raise SettingError("an index without rows finds nothing; keep one")
        return Index(
            self._model, self.table.take(kept), self.vectors.take(kept), self._directions.contrast, self.backend
        )

    def save(self, path: str | os.PathLike[str]) -> StoredIndex:
        """The same on disk, to be opened by `model.open_index(path)`; of the rows it keeps numbers, dates and text.

        Raises ArtifactError when there is something at the path, or it cannot be written.
        """
        plan = Plan.of_table(self.table, self.vectors, self._directions)
        parts = [(self.table, self.vectors, None)]
        return stored(
            self._model, key_of_space(self._model), path, parts, plan, self._directions.contrast, self.backend
        )

    def _told(self, toward: Mapping[str, Direction], kept: np.ndarray | None) -> dict[str, np.ndarray]:
        """By modality, the score of each kept row by it alone; NaN where the row has none."""
        found = {}
        for name, direction in toward.items():
            values = (self.vectors.values if direction.is_whole else self._centred)[name]
            rows = self.vectors.rows[name]
            if kept is None:
                score = np.full(len(self), np.nan)
                score[rows] = values @ direction.vector
            else:
                score = np.full(len(kept), np.nan)
                places = np.minimum(np.searchsorted(rows, kept), len(rows) - 1)
                has = rows[places] == kept
                score[has] = values[places[has]] @ direction.vector
            found[name] = score
        return found
