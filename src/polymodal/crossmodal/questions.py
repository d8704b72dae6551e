"""What somebody looks for, as vectors: any part of a row, several parts, many rows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from polymodal.asked import as_table
from polymodal.errors import SchemaError, SettingError, near_miss

if TYPE_CHECKING:
    from polymodal.model import Model
    from polymodal.schema.table import Table

_DIGITS = 6  # of scores; what differs beyond is rounding, and rows that are as good keep their order


@dataclass(frozen=True)
class Questions:
    """What is looked for.

    Attributes:
        names: what queries are called.
        parts: of each, `[1, E]` by modality; nothing where it cannot be read.
        faults: what cannot be read, and what the model never met, a sentence each.
    """

    names: np.ndarray
    parts: Sequence[Mapping[str, np.ndarray]]
    faults: tuple[str, ...]


def questions(model: Model, query: Any, parts: Mapping[str, Any], files: str | os.PathLike[str] | None) -> Questions:
    """Queries placed in the space of a model.

    Raises SettingError when it is not said what is looked for, SchemaError where nothing can be read in any query.
    """
    if (query is None) == (not parts):
        raise SettingError("give one query, or its parts by name, as in search(note='left effusion')")
    if isinstance(query, str) and not Path(query).suffix and not Path(query).exists():
        raise SettingError(
            f"query {query!r} is no file of rows; give parts of a row by name, as in search(note={query!r})"
        )
    if query is not None and not isinstance(query, (str, os.PathLike)) and hasattr(query, "__len__") and not len(query):
        raise SchemaError("there is no row to look for")
    asked, _ = as_table(parts if query is None else query, model.schema, files)
    wanted = model.vectors(asked)
    found: list[dict[str, np.ndarray]] = [{} for _ in range(len(asked))]
    for name, rows in wanted.rows.items():
        for place, row in enumerate(rows.tolist()):
            found[row][name] = wanted.values[name][place : place + 1]
    names = asked.row_names()
    empty = [number for number, one in enumerate(found) if not one]
    told: tuple[str, ...] = ()
    if empty or asked.faults():
        told = tuple(str(fault) for fault in model.preprocessor.prepare(asked, with_labels=False).faults)
    if len(empty) == len(found):
        raise SchemaError(
            f"query {names[empty[0]]} has nothing that can be read; give a part of a row: "
            f"{', '.join(model.schema.names)}" + "".join(f". {fault}" for fault in told)
        )
    lost = [f"query {names[number]} has nothing that can be read, and finds nothing" for number in empty]
    return Questions(names, found, (*lost, *told, *_strange(model, asked, names)))


def _strange(model: Model, asked: Table, names: np.ndarray) -> Iterator[str]:
    """Of what is asked for, that of which nothing was there in training: what is found by it is found by chance."""
    known = model.preprocessor
    for name in known.schema.names:
        for query, sample in zip(names, asked.cells(name).samples, strict=True):
            why = None if sample is None else known.carriers[name].strangeness(sample, known.statistics[name])
            if why:
                yield f"query {query}, {name!r}: {why}; what it finds is a guess"


def checked_k(k: Any) -> int:
    """How many rows for each query. Raises SettingError for none or a part of one."""
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1:
        raise SettingError(f"k is a whole number from 1; {k!r} came")
    return int(k)


def compared(query: Mapping[str, Any], among: str | Sequence[str] | None, modalities: Sequence[str]) -> Sequence[str]:
    """The modalities of rows that a query is compared with: those asked for, else those it does not give, else all.

    >>> compared({"note": 1}, None, ["note", "photo"]), compared({"note": 1}, "note", ["note", "photo"])
    (['photo'], ['note'])
    """
    if not query:
        return []
    if among is None:
        return [name for name in modalities if name not in query] or list(modalities)
    wanted = [among] if isinstance(among, str) else list(among)
    if not wanted:
        raise SettingError(f"among= names no modality. Allowed: {', '.join(map(repr, modalities))}")
    for name in wanted:
        if name not in modalities:
            raise SettingError(f"among={name!r} is no modality of the rows. {near_miss(name, modalities)}")
    return wanted


def ranked(names: np.ndarray, told: Mapping[str, np.ndarray], k: int) -> pd.DataFrame:
    """The k rows of the highest mean of what each modality told, NaN where a row lacks it: rank, row, score, each.

    >>> ranked(np.array([7, 8]), {"note": np.array([0.1, 0.5])}, k=1)["row"].tolist()
    [8]
    """
    score = np.full(len(names), -np.inf)
    if told:
        shares = np.stack(list(told.values()), axis=1)
        known = ~np.isnan(shares)
        sums, counts = np.where(known, shares, 0.0).sum(axis=1), known.sum(axis=1)
        score = np.where(counts > 0, sums / np.maximum(counts, 1), -np.inf)
    best = np.argsort(-score.round(_DIGITS), kind="stable")[:k]
    best = best[np.isfinite(score[best])]
    columns = {"rank": np.arange(1, len(best) + 1), "row": names[best], "score": score[best]}
    return pd.DataFrame(columns | {name: pd.array(one[best], dtype="Float64") for name, one in told.items()})
