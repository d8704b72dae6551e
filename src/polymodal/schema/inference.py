"""Columns to modalities: what was declared first, the rest read off the data, each decision with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from polymodal.errors import SchemaError
from polymodal.registry import MODALITIES
from polymodal.schema.coordinates import coordinate_pairs
from polymodal.schema.declared import Declared
from polymodal.schema.lists import listed_kind
from polymodal.schema.many import per_cell
from polymodal.schema.schema import Schema

LEFT_OUT = "left out: "
# Kinds that need particular content are asked before the two that take nearly any number or string.
_FIRST, _LAST = ("image", "series", "vector"), ("tabular", "text")
_PANEL_WIDTH = 20
_LEAST_ROWS_TO_DOUBT = 10
_LOOKED_AT = 200
_WRITTEN = (
    (re.compile(r"[-+]?\d[\d.]*,\d+"), "numbers written with a comma", "write them as 1234.5"),
    (re.compile(r"[-+]?\d[\d.,]*\s?%"), "percentages", "leave the sign out"),
    (re.compile(r"[-+]?[$€£¥]\s?\d[\d.,]*|\d[\d.,]*\s?[$€£¥]"), "amounts of money", "leave the sign out"),
    (
        re.compile(r"\d{1,2}([./-])\d{1,2}\1(\d{4}|\d{2})"),
        "dates",
        "types= with pm.Moment(format='%d.%m.%Y') reads them",
    ),
)
_ID_NAME = re.compile(r"(?:^|[\W_])(?:id|uuid|guid)$", re.IGNORECASE)
_CAMEL_ID_NAME = re.compile(r"[a-z](?:Id|ID)$")
_COUNTER_NAME = re.compile(r"^(?:index|key|row|nr|no|unnamed: \d+)$|_(?:index|key)$", re.IGNORECASE)


def infer_schema(
    frame: pd.DataFrame,
    files: Path | None = None,
    *,
    target: Any = None,
    roles: Mapping[str, str | None] | None = None,
    types: Mapping[str, Any] | None = None,
    ignore: str | Iterable[str] = (),
) -> Schema:
    """The schema of a frame: declared parts as declared, then each other column as the first kind that recognises it.

    Numeric and categorical columns become one modality; twenty or more numeric columns of one prefix (before `_`,
    `.` or `:`) become a panel named like it; columns named `lat` and `lon` or the like become a place. Columns that
    cannot be used are left out. `reasons` of the schema says why for each modality, target and column.

    Raises SchemaError that lists every fault in what was declared, or when no column is left to learn from.

    >>> frame = pd.DataFrame({"note": ["chest pain", "all is well"], "age": [71, 30], "died": ["yes", "no"]})
    >>> schema = infer_schema(frame, target="died")
    >>> {name: one.kind for name, one in schema.modalities.items()}, schema.targets["died"].kind
    ({'note': 'text', 'tabular': 'tabular'}, 'category')
    """
    declared = Declared(frame)
    declared.add_roles(roles or {})
    declared.add_targets(target)
    declared.add_types(types or {})
    declared.add_ignored(ignore)
    declared.check_names()
    if declared.faults:
        raise SchemaError("the table does not fit what was declared of it", declared.faults)

    modalities, reasons = dict(declared.modalities), dict(declared.reasons)
    left = [column for column in frame.columns if column not in declared.uses]
    taken = {*frame.columns, *modalities, *declared.targets}

    groups = _groups(frame, left)
    for group in groups:
        name = _free_name(group.name, taken)
        modalities[name] = MODALITIES.get(group.kind)(columns=group.columns)
        reasons[name] = group.reason
        taken.add(name)
    grouped = {column for group in groups for column in group.columns}
    left = [column for column in left if column not in grouped]

    table_columns: list[str] = []
    for column in left:
        several = listed_kind(frame[column], files)
        if several is not None:
            modality = per_cell(MODALITIES.get(several[0])(many=True))
            modalities[column], reasons[column] = modality.resolve(column, frame), several[1]
            continue
        kind, reasons[column] = _recognise(column, frame[column], files)
        if kind == "tabular":
            table_columns.append(column)
        elif kind is not None:
            modalities[column] = MODALITIES.get(kind)().resolve(column, frame)
    if table_columns:
        name = _free_name("tabular", taken)
        # Sorted, so that the order of columns in a file changes nothing.
        modalities[name] = MODALITIES.get("tabular")(columns=tuple(sorted(table_columns))).resolve(name, frame)
        hints = [hint for column in table_columns for hint in reasons[column].partition(";")[1:] if hint]
        reasons[name] = f"{len(table_columns)} columns of numbers and categories{''.join(hints)}"
    alone = [(name, one.beside) for name, one in modalities.items() if one.beside and one.beside not in modalities]
    if alone:
        faults = [
            f"types[{name!r}] reads something else from column {column!r}, which is none" for name, column in alone
        ]
        raise SchemaError("what stands beside a modality needs that modality", faults)
    if not modalities:
        why = [f"{column!r} {reason}" for column, reason in reasons.items() if reason.startswith(LEFT_OUT)]
        raise SchemaError("no column is left to learn from", why or ["every column is a target or has a role"])
    return Schema(modalities=modalities, targets=declared.targets, reasons=reasons, **declared.roles)


@dataclass(frozen=True)
class _Group:
    """Columns that are one modality together, the name it would have, and why."""

    name: str
    kind: str
    columns: tuple[str, ...]
    reason: str


def _groups(frame: pd.DataFrame, columns: list[str]) -> list[_Group]:
    panels = [
        _Group(
            prefix.rstrip("_.:"),
            "vector",
            tuple(members),
            f"{len(members)} columns of numbers that start with {prefix!r}",
        )
        for prefix, members in _panels(frame, columns).items()
    ]
    taken = {column for panel in panels for column in panel.columns}
    places = [
        _Group(prefix or "place", "place", pair, f"latitude and longitude in {pair[0]!r} and {pair[1]!r}")
        for prefix, pair in coordinate_pairs(frame, [one for one in columns if one not in taken]).items()
    ]
    return [*panels, *places]


def _panels(frame: pd.DataFrame, columns: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    dtypes = dict(zip(frame.columns, frame.dtypes, strict=True))
    for column in columns:
        prefix = re.match(r"[^_.:]+[_.:]", column)
        if prefix and dtypes[column].kind in "iuf":
            found.setdefault(prefix.group(), []).append(column)
    return {prefix: members for prefix, members in found.items() if len(members) >= _PANEL_WIDTH}


def _free_name(wanted: str, taken: set[str]) -> str:
    tries = [wanted, f"{wanted}_columns", *(f"{wanted}_columns_{n}" for n in range(2, len(taken) + 3))]
    return next(name for name in tries if name not in taken)


def _recognise(column: str, values: pd.Series, files: Path | None) -> tuple[str | None, str]:
    known = values.dropna()
    if not len(known):
        return None, f"{LEFT_OUT}it holds nothing"
    if isinstance(values.dtype, pd.CategoricalDtype) and known.nunique() > max(20, len(known) / 2):
        values = values.astype(object)  # text that a file format keeps as a dictionary, not a choice of categories
    kinds = MODALITIES.names()
    if pd.api.types.is_numeric_dtype(values.dtype):  # of these a table may have tens of thousands
        kinds = [kind for kind in kinds if MODALITIES.get(kind).is_numeric]
    others = [kind for kind in kinds if kind not in (*_FIRST, *_LAST)]
    for kind in (*_FIRST, *others):
        if kind in kinds and (reason := MODALITIES.get(kind).recognises(values, files)):
            return kind, reason
    hint = _looks_like(column, known)
    unusable = _is_identifier(column, known)
    if unusable:
        return None, LEFT_OUT + unusable + hint
    for kind in _LAST:
        if kind in kinds and (reason := MODALITIES.get(kind).recognises(values, files)):
            return kind, reason + hint
    if "text" in kinds and all(isinstance(one, str) for one in known):
        return "text", f"single words of {known.nunique()} values, too many for categories{hint}"
    sample = repr(known.iloc[0])
    return None, (
        f"{LEFT_OUT}no modality recognises {_types_of(known)}, first {sample[:60]}. "
        f"Say types={{{column!r}: ...}} to use it"
    )


def _looks_like(column: str, known: pd.Series) -> str:
    """What text looks like that is numbers or dates to a reader only, and what to do; empty for anything else."""
    seen = known.head(_LOOKED_AT).tolist()
    if not all(isinstance(one, str) for one in seen):
        return ""
    for pattern, what, remedy in _WRITTEN:
        if sum(pattern.fullmatch(one.strip()) is not None for one in seen) >= 0.9 * len(seen):
            return f"; {column!r} looks like {what}, such as {seen[0]!r}: {remedy}"
    return ""


def _is_identifier(column: str, known: pd.Series) -> str | None:
    if isinstance(known.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(known):
        return None
    is_named = bool(_ID_NAME.search(column) or _CAMEL_ID_NAME.search(column))
    hint = f"give id= or group= if rows are known by it, or types={{{column!r}: ...}} to use it"
    if pd.api.types.is_numeric_dtype(known):
        is_whole = bool(np.isfinite(known).all()) and bool((known == known.round()).all())
        if is_whole and is_named:
            return f"whole numbers, and its name says identifier; {hint}"
        if is_whole and _COUNTER_NAME.search(column) and known.diff().dropna().eq(1).all() and len(known) > 1:
            return f"it counts the rows; {hint}"
        return None
    if not all(isinstance(one, str) for one in known) or any(re.search(r"\s", one) for one in known):
        return None
    if is_named:
        return f"single words, and its name says identifier; {hint}"
    is_number = pd.to_numeric(known.head(500), errors="coerce").notna().mean() >= 0.9
    if len(known) >= _LEAST_ROWS_TO_DOUBT and known.is_unique and not is_number:
        return f"single words, each different, as an identifier has; {hint}"
    return None


def _types_of(known: pd.Series) -> str:
    return " and ".join(sorted({type(one).__name__ for one in known.head(500)})) + " values"
