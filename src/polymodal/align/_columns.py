"""Columns that two tables have in common: named, checked, and their values numbered alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from polymodal.errors import SchemaError, SettingError, near_miss

_NESTED = "lists or tables"
_WHOLE = 2**53  # up to which fractions tell whole numbers apart
_ROOM = 4  # times as many numbers as rows, which a table of them may have


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


def one_each(name: str | Sequence[str] | Mapping[str, str], what: str) -> tuple[str, str]:
    """What one column is called on the left and on the right; raises SettingError for what names none, or several.

    >>> one_each("name", "on"), one_each(("name", "who"), "on"), one_each({"name": "who"}, "on")
    (('name', 'name'), ('name', 'who'), ('name', 'who'))
    """
    if isinstance(name, str):
        return name, name
    names = [one for pair in name.items() for one in pair] if isinstance(name, Mapping) else list(name)
    if len(names) != 2 or not all(isinstance(one, str) for one in names):
        raise SettingError(
            f"{what}={name!r} has to name one column, or one of each side, as in {what}=('left', 'right')"
        )
    return names[0], names[1]


def told_apart(left: str, right: str) -> tuple[str, str]:
    """What columns are called in messages: by their side too, where the name is the same.

    >>> told_apart("time", "at"), told_apart("time", "time")
    (('time', 'at'), ('time of the left', 'time of the right'))
    """
    return (left, right) if left != right else (f"{left} of the left", f"{right} of the right")


def need_columns(frame: pd.DataFrame, names: Sequence[str], side: str, advice: str = "") -> None:
    """Raises SchemaError that names each column which is not there; `advice` says how columns are named."""
    gone = [one for one in dict.fromkeys(names) if one not in frame.columns]
    if gone:
        faults = [f"{one!r}. {near_miss(one, map(str, frame.columns))}" for one in gone]
        raise SchemaError(f"the {side} table has no such column{f' ({advice})' if advice else ''}:", faults)


def columns_of(
    first: pd.DataFrame, names: Sequence[str], second: pd.DataFrame, other_names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """One number a row for the values of some columns, the same on both sides; -1 where a value is absent.

    Numbers may leave gaps, and are no more than a few times the rows; without names all rows have 0. Numbers and text
    never agree: raises SchemaError where one side has the one and the other the other.

    >>> left, right = pd.DataFrame({"id": ["a", None]}), pd.DataFrame({"id": ["b", "a"]})
    >>> columns_of(left, ["id"], right, ["id"])
    (array([ 0, -1]), array([1, 0]))
    """
    lengths = len(first), len(second)
    if not names:
        return np.zeros(lengths[0], dtype=np.int64), np.zeros(lengths[1], dtype=np.int64)
    most = _ROOM * sum(lengths)
    found: tuple[np.ndarray, np.ndarray] | None = None
    size, faults = 1, []
    for name, other in zip(names, other_names, strict=True):
        kinds = _kind(first[name]), _kind(second[other])
        if None not in kinds and kinds[0] != kinds[1]:
            faults.append(f"{name!r} holds {kinds[0]} on the left, {other!r} holds {kinds[1]} on the right")
            continue
        if _NESTED in kinds:
            faults.append(f"{name!r} holds {_NESTED}, which are no keys")
            continue
        one, n = _numbered(first[name], second[other], most)
        if found is None:
            found, size = one, n
            continue
        found, size = _together(found, one, n), size * n
        if size > most:
            found, size = _closed(*found)
    if faults or found is None:
        raise SchemaError("keys of different kinds never agree; bring them to one, such as column.astype(str):", faults)
    return found


def _numbered(first: pd.Series, second: pd.Series, most: int) -> tuple[tuple[np.ndarray, np.ndarray], int]:
    """The values of both as numbers, and how many there can be."""
    if all(isinstance(one.dtype, np.dtype) and one.dtype.kind == "i" for one in (first, second)):
        low = min(int(first.min()), int(second.min()))
        size = max(int(first.max()), int(second.max())) - low + 1
        if size <= most:  # numbers that lie close together say themselves which is which
            left, right = (one.to_numpy().astype(np.int64) - low for one in (first, second))
            return (left, right), size
    (own, levels), (others, more) = (_levels(one) for one in (first, second))
    if {levels.dtype.kind, more.dtype.kind} == {"i", "f"}:
        whole = levels if levels.dtype.kind == "i" else more
        if max(int(whole.max()), -int(whole.min())) > _WHOLE:  # as fractions some of them would be the same
            levels, more = levels.astype(object), more.astype(object)
    joint, every = pd.factorize(pd.concat([levels, more], ignore_index=True))
    left, right = (
        np.where(codes < 0, -1, np.append(places, -1)[codes])
        for codes, places in ((own, joint[: len(levels)]), (others, joint[len(levels) :]))
    )
    return (left, right), len(every)


def _levels(column: pd.Series) -> tuple[np.ndarray, pd.Series]:
    """Numbers of values, -1 for absent, and the values."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(), pd.Series(column.cat.categories)
    codes, levels = pd.factorize(column)
    return codes, pd.Series(levels)


def _together(
    found: tuple[np.ndarray, np.ndarray], one: tuple[np.ndarray, np.ndarray], size: int
) -> tuple[np.ndarray, np.ndarray]:
    """One number for two."""
    left, right = (
        np.where((before < 0) | (now < 0), -1, before * size + now) for before, now in zip(found, one, strict=True)
    )
    return left, right


def _closed(left: np.ndarray, right: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], int]:
    """The same without gaps, and how many there are."""
    levels = np.unique(np.concatenate([left[left >= 0], right[right >= 0]]))
    first, second = (np.where(one < 0, -1, np.searchsorted(levels, one)) for one in (left, right))
    return (first, second), len(levels)


def _kind(column: pd.Series) -> str | None:
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "i":
        return "numbers"
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = pd.Series(column.cat.categories)
    known = column.dropna()
    if not len(known):
        return None
    if pd.api.types.is_bool_dtype(known.dtype):
        return "yes and no"
    if pd.api.types.is_numeric_dtype(known.dtype):
        return "numbers"
    if isinstance(known.dtype, pd.DatetimeTZDtype):
        return "dates with an offset"
    if pd.api.types.is_datetime64_any_dtype(known.dtype):
        return "dates"
    if isinstance(known.iloc[0], (list, dict, set, np.ndarray)):
        return _NESTED
    kind = pd.api.types.infer_dtype(known)
    return {"string": "text", "integer": "numbers", "floating": "numbers", "mixed-integer-float": "numbers"}.get(
        kind, kind
    )
