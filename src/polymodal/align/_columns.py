"""Columns that two tables have in common: named, checked, and their values numbered alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from polymodal.errors import SchemaError, near_miss


def sided(by: str | Sequence[str] | Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The names on the left and on the right.

    >>> sided("id"), sided({"patient": "subject"})
    ((['id'], ['id']), (['patient'], ['subject']))
    """
    if isinstance(by, str):
        return [by], [by]
    if isinstance(by, Mapping):
        return list(by), list(by.values())
    return list(by), list(by)


def need_columns(frame: pd.DataFrame, names: Sequence[str], side: str) -> None:
    """Raises SchemaError that names each column which is not there."""
    gone = [one for one in dict.fromkeys(names) if one not in frame.columns]
    if gone:
        faults = [f"{one!r}. {near_miss(one, map(str, frame.columns))}" for one in gone]
        raise SchemaError(f"the {side} table has no such column:", faults)


def columns_of(
    first: pd.DataFrame, names: Sequence[str], second: pd.DataFrame, other_names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """One number a row for the values of some columns, the same on both sides; -1 where a value is absent.

    Numbers may leave gaps; without names all rows have 0. Numbers and text never agree: raises SchemaError where
    one side has the one and the other the other.

    >>> left, right = pd.DataFrame({"id": ["a", None]}), pd.DataFrame({"id": ["b", "a"]})
    >>> columns_of(left, ["id"], right, ["id"])
    (array([ 0, -1]), array([2, 0]))
    """
    lengths = len(first), len(second)
    if not names:
        return np.zeros(lengths[0], dtype=np.int64), np.zeros(lengths[1], dtype=np.int64)
    codes = np.zeros(sum(lengths), dtype=np.int64)
    absent = np.zeros(sum(lengths), dtype=bool)
    faults = []
    for name, other in zip(names, other_names, strict=True):
        kinds = _kind(first[name]), _kind(second[other])
        if None not in kinds and kinds[0] != kinds[1]:
            faults.append(f"{name!r} holds {kinds[0]} on the left, {other!r} holds {kinds[1]} on the right")
            continue
        both = pd.concat([_plain(first[name]), _plain(second[other])], ignore_index=True)
        own, levels = pd.factorize(both)
        absent |= own < 0
        joint = codes * (len(levels) + 1) + own + 1
        codes = pd.factorize(joint)[0].astype(np.int64)
    if faults:
        raise SchemaError("keys of different kinds never agree; bring them to one, such as column.astype(str):", faults)
    codes[absent] = -1
    return codes[: lengths[0]], codes[lengths[0] :]


def _plain(column: pd.Series) -> pd.Series:
    return column.astype(object) if isinstance(column.dtype, pd.CategoricalDtype) else column


def _kind(column: pd.Series) -> str | None:
    known = column.dropna()
    if not len(known):
        return None
    if pd.api.types.is_bool_dtype(known.dtype):
        return "yes and no"
    if pd.api.types.is_numeric_dtype(known.dtype):
        return "numbers"
    if pd.api.types.is_datetime64_any_dtype(known.dtype):
        return "dates"
    kind = pd.api.types.infer_dtype(known)
    return {"string": "text", "integer": "numbers", "floating": "numbers", "mixed-integer-float": "numbers"}.get(
        kind, kind
    )
