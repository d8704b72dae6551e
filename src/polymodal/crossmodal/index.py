"""Rows of a table to be searched by any part of a row: a sentence finds pictures, a picture finds notes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from polymodal.asked import as_table
from polymodal.crossmodal.hits import Hits
from polymodal.crossmodal.vectors import Vectors
from polymodal.errors import SchemaError, SettingError, near_miss

if TYPE_CHECKING:
    from polymodal.contrastive._contrast import Contrast
    from polymodal.model import Model
    from polymodal.schema.table import Table

_DIGITS = 6  # of scores; what differs beyond is rounding, and rows that are as good keep their order


class Index:
    """N rows in the space of a model, searched exactly.

    Modalities of a space lie in regions of their own (Liang et al. 2022), so each is moved to have its middle at the
    origin before cells of different ones are compared. A row scores the mean, over the parts of the query and what the
    row has, of their cosines; parts are compared with other modalities where the row has any.

    Attributes:
        table: the rows.
        vectors: their cells.
    """

    def __init__(self, model: Model, table: Table, vectors: Vectors, contrast: Contrast) -> None:
        self._model, self.table, self.vectors, self._contrast = model, table, vectors, contrast
        self._middles = {name: one.mean(axis=0) for name, one in vectors.values.items()}
        self._centred = {name: _centred(one, self._middles[name]) for name, one in vectors.values.items()}

    def __len__(self) -> int:
        return len(self.vectors)

    def __repr__(self) -> str:
        return f"Index({len(self):,} rows, {', '.join(self.vectors.modalities)})"

    def search(
        self,
        query: Any = None,
        *,
        k: int = 10,
        among: str | Sequence[str] | None = None,
        where: str | None = None,
        files: str | os.PathLike[str] | None = None,
        **parts: Any,
    ) -> Hits:
        """The k rows that go best with each query.

        Args:
            query: a row as a dict of columns or modalities, a list of such, a Table or anything `Table.read` takes; or
                nothing, and the parts of one row by name, as in `search(note="left effusion")`.
            k: rows for each query, fewer where fewer have anything to compare.
            among: the modalities of the rows to compare with; left out, those that the query does not give itself, or
                if there are none of these, all.
            where: a condition on columns of the table, as `DataFrame.query` takes it: "price < 50".
            files: the folder of path cells.

        Raises SettingError for what cannot be asked, SchemaError for parts the model does not know or a query with
        nothing in it that can be read.
        """
        if (query is None) == (not parts):
            raise SettingError("search takes one query, or its parts by name, as in search(note='left effusion')")
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:
            raise SettingError(f"k is a whole number from 1; {k!r} came")
        asked, _ = as_table(parts if query is None else query, self._model.schema, files)
        wanted = self._model.vectors(asked)
        empty = np.setdiff1d(np.arange(len(asked)), np.concatenate([np.zeros(0, int), *wanted.rows.values()]))
        if len(empty):
            raise SchemaError(
                f"query {empty[0]} has nothing that can be read; give a part of a row: "
                f"{', '.join(self._model.schema.names)}" + "".join(f". {fault}" for fault in asked.faults())
            )
        chosen = self._among(among)
        kept = self._kept(where)
        found = [self._one(wanted, number, k, chosen, kept) for number in range(len(asked))]
        return Hits(asked.row_names(), tuple(found), self.table)

    def _one(self, wanted: Vectors, number: int, k: int, among: Sequence[str] | None, kept: np.ndarray) -> pd.DataFrame:
        query = {}
        for name, rows in wanted.rows.items():
            place = np.flatnonzero(rows == number)
            if len(place):
                query[name] = wanted.values[name][place]
        told = self._told(query, among or self._others(query), kept)
        shares = np.ma.masked_invalid(np.stack(list(told.values()), axis=1)) if told else np.ma.zeros((len(kept), 0))
        score = shares.mean(axis=1).filled(-np.inf) if shares.shape[1] else np.full(len(kept), -np.inf)
        best = np.argsort(-score.round(_DIGITS), kind="stable")[:k]
        best = best[np.isfinite(score[best])]
        names = self.vectors.names[kept[best]]
        columns = {"rank": np.arange(1, len(best) + 1), "row": names, "score": score[best]}
        return pd.DataFrame(columns | {name: pd.array(one[best], dtype="Float64") for name, one in told.items()})

    def _told(self, query: Mapping[str, np.ndarray], among: Sequence[str], kept: np.ndarray) -> dict[str, np.ndarray]:
        """By modality, the score of each kept row by it alone; NaN where the row has none."""
        place = np.full(len(self), -1)
        place[kept] = np.arange(len(kept))
        found = {}
        for name in among:
            here = place[self.vectors.rows[name]]
            score = np.full(len(kept), np.nan)
            score[here[here >= 0]] = self._near(query, name)[here >= 0]
            found[name] = score
        return found

    def _near(self, query: Mapping[str, np.ndarray], name: str) -> np.ndarray:
        """How near each cell of a modality is to the query."""
        parts = {one: vector for one, vector in query.items() if one != name}
        if self._contrast.is_joint and parts:
            device = next(self._contrast.parameters()).device
            given = {one: torch.from_numpy(vector).to(device) for one, vector in parts.items()}
            with torch.no_grad():
                near = self._contrast.scores(given, name, torch.from_numpy(self.vectors.values[name]).to(device))
            return np.asarray(near[0].cpu().numpy())
        moved = [_centred(vector, self._middles.get(one, 0.0))[0] for one, vector in query.items()]
        return np.asarray(self._centred[name] @ np.mean(moved, axis=0))

    def _others(self, query: Mapping[str, np.ndarray]) -> list[str]:
        other = [name for name in self.vectors.modalities if name not in query]
        return other or list(self.vectors.modalities)

    def _among(self, among: str | Sequence[str] | None) -> list[str] | None:
        if among is None:
            return None
        wanted = [among] if isinstance(among, str) else list(among)
        for name in wanted:
            if name not in self.vectors.modalities:
                raise SettingError(
                    f"among={name!r} is no modality of the rows. {near_miss(name, self.vectors.modalities)}"
                )
        return wanted

    def _kept(self, where: str | None) -> np.ndarray:
        if where is None:
            return np.arange(len(self))
        frame = self.table.frame.reset_index(drop=True)
        try:
            chosen = frame.query(where)
        except (ValueError, TypeError, SyntaxError, NameError, KeyError) as error:
            raise SettingError(f"where={where!r} cannot be asked of the columns: {error}") from error
        return np.asarray(chosen.index.to_numpy())


def _centred(vectors: np.ndarray, middle: Any) -> np.ndarray:
    moved = vectors - middle
    return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-12))
