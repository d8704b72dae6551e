"""Rows of an AnnData or MuData object, known by its shape alone: what is said of cells, and their matrices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from polymodal.modalities.vector import Vector
from polymodal.schema.read import read_frame
from polymodal.store.disk.sources._rows import SEEN, Rows, digest, replaced, with_heavy
from polymodal.store.disk.sources.memory import content_of


def is_annotated(source: Any) -> bool:
    """Whether a source is such an object."""
    return hasattr(source, "obs") and hasattr(source, "obs_names") and (hasattr(source, "X") or hasattr(source, "mod"))


def open_annotated(source: Any) -> AnnotatedRows:
    """`obs` as columns, X and each of `obsm` as a panel; of MuData those of each part, named like it.

    Cells know their genes: a row is an array to `Vector`, and counts by name to `Expression`.
    """
    parts = dict(source.mod) if hasattr(source, "mod") else {"": source}
    matrices: dict[str, Matrix] = {}
    for part, one in parts.items():
        place = source.obs_names.get_indexer(one.obs_names)
        where = np.full(len(source.obs_names), -1)
        where[place] = np.arange(len(place))
        if getattr(one, "X", None) is not None:
            matrices[part or "X"] = Matrix(one, _x, where, getattr(one, "var_names", None))
        for name in one.obsm:
            own = f"{part}:{name}" if part else str(name)
            matrices[own] = Matrix(one, partial(_obsm, name), where)
    return AnnotatedRows(source, matrices)


def _x(data: Any) -> Any:
    return data.X


def _obsm(name: str, data: Any) -> Any:
    return data.obsm[name]


class Matrix:
    """Rows of one matrix, dense or sparse; a row of the object that the matrix lacks has place -1."""

    def __init__(self, data: Any, find: Callable[[Any], Any], where: np.ndarray, names: pd.Index | None = None) -> None:
        self.data, self.find, self.where = data, find, where
        self.names = None if names is None else pd.Index(names.astype(str), dtype=object)

    def rows(self, rows: np.ndarray) -> list[np.ndarray | pd.Series | None]:
        """Each row as an array, of a matrix whose columns have names with those; None where there is none."""
        places = self.where[rows]
        there = np.flatnonzero(places >= 0)
        found: list[np.ndarray | pd.Series | None] = [None] * len(rows)
        if not len(there):
            return found
        order = there[np.argsort(places[there], kind="stable")]  # files are read in ascending order only
        distinct, which = np.unique(places[order], return_inverse=True)
        taken = self.find(self.data)
        taken = taken.iloc[distinct].to_numpy() if isinstance(taken, pd.DataFrame) else taken[distinct]
        dense = np.asarray(taken.toarray() if hasattr(taken, "toarray") else taken)
        for row, place in zip(order.tolist(), which.tolist(), strict=True):
            values = dense[place].copy()
            found[row] = values if self.names is None else pd.Series(values, index=self.names)
        return found


class AnnotatedRows(Rows):
    """Matrices are read when their turn comes, so that one on disk may stay there."""

    def __init__(self, source: Any, matrices: Mapping[str, Matrix]) -> None:
        self.files, self.matrices = None, matrices
        self.types = {name: Vector() for name in matrices}
        self.heavy = dict.fromkeys(matrices, "cells")
        obs = source.obs
        frame = read_frame(obs)[0] if len(obs.columns) else pd.DataFrame(index=obs.index)
        self.frame = with_heavy(frame, self._cells(np.arange(min(SEEN, len(frame)))))

    def take(self, rows: np.ndarray) -> pd.DataFrame:
        return replaced(self.frame.iloc[rows], self._cells(rows))

    @cached_property
    def fingerprint(self) -> str:
        light = self.frame.drop(columns=list(self.matrices))
        ends = self._cells(np.unique([0, len(self) // 2, len(self) - 1]))
        shown = [[None if one is None else np.asarray(one).tobytes() for one in cells] for cells in ends.values()]
        return digest(content_of(light), shown)

    def _cells(self, rows: np.ndarray) -> dict[str, list[Any]]:
        return {name: matrix.rows(rows) for name, matrix in self.matrices.items()}
