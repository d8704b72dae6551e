"""What the caller declares of a table (roles, targets, types), checked against its columns; every fault is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from polymodal.errors import PolymodalError, SchemaError, near_miss
from polymodal.registry import MODALITIES
from polymodal.schema.many import per_cell
from polymodal.schema.modality import Modality
from polymodal.schema.target import TARGETS, Category, Multilabel, Number, Ordinal, Target

_MOST_INTEGER_CLASSES = 10
_LEAST_ROWS_TO_DOUBT = 10


@dataclass
class Declared:
    """The settings that were declared, the use each column was given, and what is wrong with them."""

    frame: pd.DataFrame
    roles: dict[str, str] = field(default_factory=dict)
    targets: dict[str, Target] = field(default_factory=dict)
    modalities: dict[str, Modality] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    uses: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def add_roles(self, roles: Mapping[str, str | None]) -> None:
        """Roles by name; one column may be both id and group."""
        for role, given in roles.items():
            if given is None:
                continue
            column = str(given)
            if not self._are_there(f"{role}=", [column]):
                continue
            lists = [value for value in self.frame[column] if isinstance(value, (list, tuple, dict, set, np.ndarray))]
            if lists:
                self.faults.append(
                    f"{role}={column!r} holds {type(lists[0]).__name__} values; one plain value is allowed"
                )
            self.roles[role] = column
            self.uses.setdefault(column, f"{role}=")

    def add_targets(self, target: Any) -> None:
        """A column, a Target, a list of those, or a dict of name to Target (or its kind)."""
        for name, given in self._asked_targets(target):
            if name in self.targets:
                self.faults.append(f"two targets are named {name!r}; tell them apart with target={{name: ...}}")
                continue
            one, reason = given, "given"
            columns = (name,) if one is None else one.sources(name)
            if not self._are_there(f"target {name!r}", columns):
                continue
            try:
                if one is None:
                    one, reason = infer_target(name, self.frame[name])
                self.targets[name] = one.resolve(name, self.frame)
            except SchemaError as error:
                self.faults.append(str(error))
                continue
            self.reasons[name] = reason
            for column in columns:
                self._use(column, f"target {name!r}", shared=("time=",))

    def add_types(self, types: Mapping[str, Any]) -> None:
        """Modalities by name: an instance, a class, its kind, or a dict of settings with its kind."""
        for given_name, given in types.items():
            name = str(given_name)
            try:
                one = per_cell(_as_modality(given))
            except PolymodalError as error:
                self.faults.append(f"types[{name!r}]: {error}")
                continue
            by_prefix = getattr(one.item, "prefix", None) is not None and not one.item.columns
            if not by_prefix and not self._are_there(f"types[{name!r}]", one.sources(name)):
                continue
            try:
                resolved = one.resolve(name, self.frame)
            except SchemaError as error:
                self.faults.append(str(error))
                continue
            self.modalities[name] = resolved
            self.reasons[name] = "given"
            for column in () if resolved.beside else resolved.sources(name):
                self._use(column, f"types[{name!r}]")

    def add_ignored(self, ignore: str | Iterable[str]) -> None:
        """Columns to leave out."""
        for column in [ignore] if isinstance(ignore, str) else map(str, ignore):
            if self._are_there("ignore=", [column]):
                self._use(column, "ignore=")
                self.reasons.setdefault(column, "left out: ignore= names it")

    def check_names(self) -> None:
        """A modality may not bear the name of a column that it does not read while that column is still to be typed."""
        for name, one in self.modalities.items():
            if name in self.frame.columns and name not in one.sources(name) and name not in self.uses:
                self.faults.append(
                    f"types[{name!r}] reads other columns, but a column has this name; choose another name"
                )

    def _asked_targets(self, target: Any) -> list[tuple[str, Target | None]]:
        if target is None:
            return []
        if isinstance(target, Target):
            return [(target.kind, target)]
        if isinstance(target, Mapping):
            return [(str(name), self._as_target(name, one)) for name, one in target.items()]
        if isinstance(target, (list, tuple)):
            return [pair for one in target for pair in self._asked_targets(one)]
        return [(str(target), None)]

    def _as_target(self, name: object, given: Any) -> Target | None:
        if given is None or isinstance(given, Target):
            return given
        if isinstance(given, str) and given in TARGETS and given != "survival":
            return TARGETS[given]()
        self.faults.append(
            f"target {name!r}: a Target such as pm.Category() is expected, {given!r} came. "
            f"{near_miss(str(given), [kind.__name__ for kind in TARGETS.values()])}"
        )
        return None

    def _are_there(self, what: str, columns: Iterable[str]) -> bool:
        gone = [column for column in columns if column not in self.frame.columns]
        for column in gone[:10]:
            self.faults.append(f"{what}: no column {column!r}. {near_miss(column, self.frame.columns)}")
        if len(gone) > 10:
            self.faults.append(f"{what}: and {len(gone) - 10} more columns that are not there")
        return not gone

    def _use(self, column: str, use: str, shared: tuple[str, ...] = ()) -> None:
        before = self.uses.setdefault(column, use)
        if before != use and before not in shared:
            self.faults.append(f"column {column!r} is named by {before} and by {use}; it can be one of them only")


def _as_modality(given: Any) -> Modality:
    if isinstance(given, Modality):
        return given
    if isinstance(given, type) and issubclass(given, Modality):
        return given(**{})
    if isinstance(given, str):
        return MODALITIES.get(given)()
    if isinstance(given, Mapping) and "kind" in given:
        settings = {str(key): value for key, value in given.items() if key != "kind"}
        return MODALITIES.get(given["kind"])(**settings)
    raise SchemaError(f"a modality such as pm.Text(), or its kind such as 'text', is expected; {given!r} came")


def infer_target(name: str, values: pd.Series) -> tuple[Target, str]:
    """The kind of target a column suggests, and why.

    Text, booleans and whole numbers of at most ten values are classes, ordered pandas categoricals levels; lists are
    several labels; other numbers are numbers. Raises SchemaError for a column that is none of these.
    """
    known = values.dropna()
    if not len(known):
        return Category(), "empty"
    if isinstance(values.dtype, pd.CategoricalDtype) and values.dtype.ordered:
        return Ordinal(), f"an ordered categorical of {len(values.dtype.categories)} levels"
    if isinstance(values.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(known):
        return Category(), f"{known.nunique()} classes"
    if any(isinstance(one, (list, tuple, set, np.ndarray)) for one in known):
        return Multilabel(), "lists of labels"
    if not all(isinstance(one, (str, bool, int, float, np.generic)) for one in known):
        raise SchemaError(
            f"target {name!r} holds {type(known.iloc[0]).__name__} values; "
            "labels are text, numbers, booleans or lists of names"
        )
    numbers = pd.to_numeric(known, errors="coerce")
    if numbers.notna().all():
        is_whole = bool(np.isfinite(numbers).all()) and bool((numbers == numbers.round()).all())
        if is_whole and numbers.nunique() <= _MOST_INTEGER_CLASSES:
            return Category(), f"whole numbers of {numbers.nunique()} values"
        return Number(), f"numbers of {numbers.nunique()} values"
    if len(known) >= _LEAST_ROWS_TO_DOUBT and known.nunique() == len(known):
        raise SchemaError(
            f"target {name!r} has a different text in each of its {len(known)} rows, so no class repeats. "
            f"Name another column, or say target={{{name!r}: pm.Category()}} if it is meant."
        )
    return Category(), f"text of {known.nunique()} values{_alike(known)}"


def _alike(known: pd.Series) -> str:
    """Which texts look the same to a reader, and are classes of their own all the same."""
    told_apart: dict[str, str] = {}
    for text in map(str, known.unique()):
        like = told_apart.setdefault(" ".join(text.split()).casefold(), text)
        if like != text:
            return f"; {like!r} and {text!r} count as two classes, though only spaces or capitals differ"
    return ""
