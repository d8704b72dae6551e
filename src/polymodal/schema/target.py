"""What is to be learnt: settings, and how labels are read from a table with their gaps."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from polymodal.errors import SchemaError

_LARGEST = 1e140  # beyond it the square, summed over the rows, is no number any more

Label = bool | int | float | str


@dataclass(frozen=True)
class Labels:
    """The labels of one target for N rows.

    Attributes:
        values: `[N]` int64 codes, `[N]` or `[N, L]` float64, or `[N, 2]` (time, event); zero where unknown.
        known: bool of the shape `[N]`, or `[N, L]` for Multilabel.
    """

    values: np.ndarray
    known: np.ndarray

    def __len__(self) -> int:
        return len(self.values)

    @property
    def known_rows(self) -> np.ndarray:
        """`[N]` bool: rows with at least one known label."""
        return self.known if self.known.ndim == 1 else np.asarray(self.known.any(axis=1))

    def take(self, rows: np.ndarray) -> Labels:
        """The labels of some rows."""
        return Labels(self.values[rows], self.known[rows])


class Target(BaseModel):
    """Settings of one thing to be learnt; `objective` names the part that learns it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]
    objective: str = ""  # each kind names its own

    @abstractmethod
    def sources(self, name: str) -> tuple[str, ...]:
        """The table columns it reads."""

    @abstractmethod
    def resolve(self, name: str, frame: pd.DataFrame) -> Target:
        """The same target with what had to be read off the data (such as its classes) filled in.

        Raises SchemaError when the columns cannot hold this target.
        """

    @abstractmethod
    def read(self, name: str, frame: pd.DataFrame) -> Labels:
        """The labels of `frame`; a gap is a gap. Call on a resolved target. Raises SchemaError on impossible values."""

    @abstractmethod
    def strata(self, labels: Labels) -> np.ndarray:
        """`[N]` int: rows alike enough to be spread evenly over a split."""

    def _require(self, name: str, frame: pd.DataFrame) -> None:
        gone = [column for column in self.sources(name) if column not in frame.columns]
        if gone:
            raise SchemaError(f"target {name!r} needs columns that the table lacks: {', '.join(map(repr, gone))}")


class Category(Target):
    """One class out of several."""

    kind: ClassVar[str] = "category"
    objective: str = "category"
    classes: tuple[Label, ...] = ()

    def sources(self, name: str) -> tuple[str, ...]:
        return (name,)

    def resolve(self, name: str, frame: pd.DataFrame) -> Target:
        self._require(name, frame)
        if self.classes:
            return self
        seen = [_plain(value) for value in frame[name].dropna().unique()]
        if len(seen) < 2:
            raise SchemaError(
                f"target {name!r} has {_count(seen)}; a category needs at least two. "
                "Check that the column is the right one and that no class was filtered away."
            )
        return self.model_copy(update={"classes": tuple(sorted(seen, key=lambda value: (str(type(value)), value)))})

    def read(self, name: str, frame: pd.DataFrame) -> Labels:
        self._require(name, frame)
        codes = {value: code for code, value in enumerate(self.classes)}
        raw = [None if pd.isna(value) else _plain(value) for value in frame[name]]
        strange = sorted({str(value) for value in raw if value is not None and value not in codes})
        if strange:
            raise SchemaError(
                f"target {name!r} holds classes that the schema does not know: {', '.join(strange[:10])}. "
                f"Known: {', '.join(map(str, self.classes[:20]))}. Leave the cell empty where the label is unknown."
            )
        known = np.array([value is not None for value in raw], dtype=bool)
        values = np.array([0 if value is None else codes[value] for value in raw], dtype=np.int64)
        return Labels(values, known)

    def strata(self, labels: Labels) -> np.ndarray:
        return np.where(labels.known, labels.values, -1)


class Number(Target):
    """A real number."""

    kind: ClassVar[str] = "number"
    objective: str = "number"

    def sources(self, name: str) -> tuple[str, ...]:
        return (name,)

    def resolve(self, name: str, frame: pd.DataFrame) -> Target:
        labels = self.read(name, frame)
        if len(np.unique(labels.values[labels.known])) < 2:
            raise SchemaError(f"target {name!r} never varies (or is empty); there is nothing to learn from it")
        return self

    def read(self, name: str, frame: pd.DataFrame) -> Labels:
        self._require(name, frame)
        values = _numbers(name, name, frame)
        known = ~np.isnan(values)
        return Labels(np.where(known, values, 0.0), known)

    def strata(self, labels: Labels) -> np.ndarray:
        strata = np.full(len(labels), -1)
        known = labels.values[labels.known]
        if len(known):
            edges = np.quantile(known, [0.25, 0.5, 0.75])
            strata[labels.known] = np.searchsorted(edges, known)
        return strata


class Multilabel(Target):
    """Several yes/no labels, any number of them true: 0/1 columns, or one column of lists of label names."""

    kind: ClassVar[str] = "multilabel"
    objective: str = "multilabel"
    columns: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    def sources(self, name: str) -> tuple[str, ...]:
        return self.columns or (name,)

    def resolve(self, name: str, frame: pd.DataFrame) -> Target:
        self._require(name, frame)
        if self.columns:
            resolved = self.model_copy(update={"classes": self.columns})
        else:
            seen = {str(label) for cell in frame[name] if _is_collection(cell) for label in cell}
            resolved = self.model_copy(update={"classes": self.classes or tuple(sorted(seen))})
        if not resolved.classes:
            raise SchemaError(f"target {name!r} names no labels: give columns=(...) or lists of label names")
        resolved.read(name, frame)
        return resolved

    def read(self, name: str, frame: pd.DataFrame) -> Labels:
        self._require(name, frame)
        values = self._from_columns(name, frame) if self.columns else self._from_lists(name, frame)
        known = ~np.isnan(values)
        return Labels(np.where(known, values, 0.0), known)

    def _from_columns(self, name: str, frame: pd.DataFrame) -> np.ndarray:
        values = np.stack([_numbers(name, column, frame) for column in self.columns], axis=1)
        if not np.isin(values[~np.isnan(values)], (0.0, 1.0)).all():
            raise SchemaError(f"target {name!r}: label columns may hold 0, 1 or nothing")
        return values

    def _from_lists(self, name: str, frame: pd.DataFrame) -> np.ndarray:
        codes = {label: code for code, label in enumerate(self.classes)}
        values = np.full((len(frame), len(codes)), np.nan)
        strange: set[str] = set()
        for row, cell in enumerate(frame[name]):
            if not _is_collection(cell):  # an empty list says "none of them"; a null says "not known"
                continue
            values[row] = 0.0
            strange |= {str(label) for label in cell} - codes.keys()
            for label in cell:
                if str(label) in codes:
                    values[row, codes[str(label)]] = 1.0
        if strange:
            raise SchemaError(f"target {name!r} holds labels that the schema does not know: {sorted(strange)[:10]}")
        return values

    def strata(self, labels: Labels) -> np.ndarray:
        rarest = np.argsort(labels.values.sum(axis=0), kind="stable")
        strata = np.where(labels.known_rows, len(rarest), -1)
        for code in rarest[::-1]:  # the rarest label a row has decides its stratum
            strata[labels.values[:, code] > 0] = code
        return strata


class Survival(Target):
    """Time until an event, for some rows only known to be later than the last look (right-censored).

    `time` and `event` name the columns; `event_values` are the raw values that mean the event was seen.
    """

    kind: ClassVar[str] = "survival"
    objective: str = "survival"
    time: str
    event: str
    event_values: tuple[Label, ...] = (1, True, "1", "true", "True", "dead", "Dead", "DEAD", "deceased", "Deceased")

    def __init__(self, time: str | None = None, event: str | None = None, **settings: Any) -> None:
        BaseModel.__init__(self, time=time, event=event, **settings)  # `Target` itself has neither field

    def sources(self, name: str) -> tuple[str, ...]:
        return (self.time, self.event)

    def resolve(self, name: str, frame: pd.DataFrame) -> Target:
        labels = self.read(name, frame)
        if labels.values[labels.known, 1].sum() < 1:
            raise SchemaError(
                f"target {name!r}: no row has the event in {self.event!r}; values that count are {self.event_values}. "
                "Set event_values= to what means 'it happened'."
            )
        return self

    def read(self, name: str, frame: pd.DataFrame) -> Labels:
        self._require(name, frame)
        time = _numbers(name, self.time, frame)
        if (time < 0).any():
            raise SchemaError(f"target {name!r}: {self.time!r} is negative in {int((time < 0).sum())} rows")
        raw = frame[self.event]
        known = ~np.isnan(time) & raw.notna().to_numpy()
        event = np.array([_plain(value) in self.event_values for value in raw], dtype=float)
        return Labels(np.where(known[:, None], np.stack([time, event], axis=1), 0.0), known)

    def strata(self, labels: Labels) -> np.ndarray:
        return np.where(labels.known, labels.values[:, 1].astype(int), -1)


TARGETS: dict[str, type[Target]] = {kind.kind: kind for kind in (Category, Multilabel, Number, Survival)}


def _plain(value: Any) -> Any:
    """A numpy scalar as the Python value it stands for; integral floats as int, so 1.0 and 1 are one class."""
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_collection(cell: Any) -> bool:
    return isinstance(cell, (list, tuple, set, frozenset, np.ndarray))


def _numbers(target: str, column: str, frame: pd.DataFrame) -> np.ndarray:
    values = pd.to_numeric(frame[column], errors="coerce")
    lost = values.isna() & frame[column].notna()
    if lost.any():
        sample = frame.loc[lost, column].iloc[0]
        raise SchemaError(
            f"target {target!r}: column {column!r} is not a number in {int(lost.sum())} rows, first {sample!r}"
        )
    numbers = (
        np.array([_as_float(value) for value in values]) if values.dtype == object else values.to_numpy(np.float64)
    )
    beyond = int((np.abs(numbers) > _LARGEST).sum())
    if np.isinf(numbers).any():
        raise SchemaError(f"target {target!r}: column {column!r} is infinite in {int(np.isinf(numbers).sum())} rows")
    if beyond:
        raise SchemaError(
            f"target {target!r}: column {column!r} is beyond {_LARGEST:g} in {beyond} rows; write it in a larger unit"
        )
    return numbers


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return np.inf


def _count(seen: list[Any]) -> str:
    return "no known label" if not seen else f"one class only, {seen[0]!r}"
