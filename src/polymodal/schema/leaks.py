"""Columns that give the target away: one predicts it almost perfectly, equals it, or is there only for one class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from polymodal.schema.association import (
    concordance_in_two_looks,
    majority_accuracy,
    mean_correlation,
    neighbour_accuracy,
    pearson,
    ranks,
)
from polymodal.schema.target import Discrete, Multilabel, Number, Survival

if TYPE_CHECKING:
    from polymodal.schema.table import Table

ACCURACY, CORRELATION, CONCORDANCE = 0.99, 0.99, 0.98
_SHARE_OF_NUMBERS = 0.9
_LEAST_EQUAL = 10


@dataclass(frozen=True)
class Leak:
    """A column (or modality) that tells a target by itself: how well, by which measure, and how."""

    column: str
    target: str
    score: float
    measure: str
    how: str

    def __str__(self) -> str:
        return f"{self.column!r} tells {self.target!r}: {self.how} ({self.measure} {self.score:.3f})"


@dataclass(frozen=True)
class _Question:
    """Something to be told: class codes, an amount, or (time, event), of the rows where it is known."""

    target: str
    kind: str
    answers: np.ndarray
    known: np.ndarray


@dataclass(frozen=True)
class _Clue:
    """A column as numbers (NaN in gaps) or as codes (a gap being one more), and where its gaps are."""

    column: str
    numbers: np.ndarray | None
    codes: np.ndarray | None
    is_gap: np.ndarray

    def take(self, rows: np.ndarray) -> _Clue:
        numbers = None if self.numbers is None else self.numbers[rows]
        return _Clue(self.column, numbers, None if self.codes is None else self.codes[rows], self.is_gap[rows])


def find_leaks(table: Table) -> list[Leak]:
    """Each column that alone tells a target, best first; once per column and target.

    Classes are told when the other rows of nearly the same value predict a row's class at a balanced accuracy of .99,
    numbers at a rank correlation of .99, survival at a concordance of .98. Whether a cell is there counts as well.
    """
    columns = {column: name for name, one in table.schema.modalities.items() for column in one.sources(name)}
    usable = [column for column in columns if column in table.frame.columns]
    clues = [clue for column in usable if (clue := _clue(column, table.frame[column])) is not None]
    found: dict[tuple[str, str], Leak] = {}
    for question in _questions(table):
        for leak in _of_presence(table, question):
            found.setdefault((leak.column, question.target), leak)
        for clue in clues:
            is_told = {(columns[clue.column], question.target), (clue.column, question.target)} & found.keys()
            told = None if is_told else _told(clue.take(question.known), question)
            if told is not None:
                found[clue.column, question.target] = told
    found |= {(leak.column, leak.target): leak for leak in _equal_columns(table, clues)}
    return sorted(found.values(), key=lambda leak: -leak.score)


def _questions(table: Table) -> Iterator[_Question]:
    for name, target in table.schema.targets.items():
        labels = table.labels(name)
        if labels is None:
            continue
        if isinstance(target, Discrete):
            yield _Question(name, "class", labels.values, labels.known)
        elif isinstance(target, Number):
            yield _Question(name, "amount", labels.values, labels.known)
        elif isinstance(target, Multilabel):
            for position, label in enumerate(target.classes):
                codes = labels.values[:, position].astype(np.int64)
                yield _Question(f"{name}: {label}", "class", codes, labels.known[:, position])
        elif isinstance(target, Survival):
            yield _Question(name, "survival", labels.values, labels.known)
            yield _Question(f"{name}: {target.event}", "class", labels.values[:, 1].astype(np.int64), labels.known)


def _of_presence(table: Table, question: _Question) -> Iterator[Leak]:
    if question.kind != "class":
        return
    for name, present in zip(table.schema.names, table.present().T, strict=True):
        score = majority_accuracy(present[question.known], question.answers[question.known])
        if score >= ACCURACY:
            yield Leak(name, question.target, score, "balanced accuracy", "whether it is there depends on the class")


def _clue(column: str, values: pd.Series) -> _Clue | None:
    """What a column of numbers, text, truth values or categories can be judged by; None for other cells."""
    is_gap = values.isna().to_numpy()
    if values.dtype.kind not in "iuf" and not isinstance(values.dtype, pd.CategoricalDtype):
        known = values[~is_gap]
        if not all(isinstance(one, (str, bool, int, float, np.generic)) for one in known):
            return None
        as_numbers = pd.to_numeric(known.astype(object), errors="coerce")
        if not pd.api.types.is_bool_dtype(values) and as_numbers.notna().mean() >= _SHARE_OF_NUMBERS:
            values = as_numbers.reindex(values.index)
    if values.dtype.kind in "iuf":
        numbers = values.to_numpy(dtype=np.float64)
        return _Clue(column, np.where(np.isfinite(numbers), numbers, np.nan), None, is_gap)
    codes, categories = pd.factorize(values.astype(object).map(str, na_action="ignore"))
    return _Clue(column, None, np.where(codes < 0, len(categories), codes), is_gap)


def _told(clue: _Clue, question: _Question) -> Leak | None:
    answers = question.answers[question.known]
    if question.kind == "class":
        measure, found = "balanced accuracy", _told_class(clue, answers)
    elif question.kind == "amount":
        measure, found = "correlation", _told_amount(clue, answers)
    else:
        measure, found = "concordance", _told_order(clue, answers)
    return Leak(clue.column, question.target, found[0], measure, found[1]) if found else None


def _told_class(clue: _Clue, answers: np.ndarray) -> tuple[float, str] | None:
    if (score := majority_accuracy(clue.is_gap, answers)) >= ACCURACY:
        return score, "whether it is filled depends on the class"
    if clue.numbers is not None:
        score = max(neighbour_accuracy(clue.numbers, answers), majority_accuracy(clue.numbers, answers))
    elif clue.codes is not None:
        score = majority_accuracy(clue.codes, answers)
    return (score, "its values part the classes") if score >= ACCURACY else None


def _told_amount(clue: _Clue, answers: np.ndarray) -> tuple[float, str] | None:
    if clue.numbers is not None:
        seen = ~np.isnan(clue.numbers)
        score = abs(pearson(ranks(clue.numbers[seen]), ranks(answers[seen])))
        return (score, "its order is that of the target") if score >= CORRELATION else None
    score = mean_correlation(clue.codes, answers) if clue.codes is not None else 0.0
    return (score, "the target hardly varies within a category") if score >= CORRELATION else None


def _told_order(clue: _Clue, answers: np.ndarray) -> tuple[float, str] | None:
    score = concordance_in_two_looks(clue.numbers, answers) if clue.numbers is not None else 0.0
    return (score, "its order is that of the events") if score >= CONCORDANCE else None


def _equal_columns(table: Table, clues: list[_Clue]) -> Iterator[Leak]:
    for name, target in table.schema.targets.items():
        for source in target.sources(name):
            answer = _clue(source, table.frame[source]) if source in table.frame.columns else None
            if answer is not None:
                how = f"it equals {source!r} wherever both are filled"
                equal = (clue for clue in clues if _is_equal(table.frame, clue, answer))
                yield from (Leak(clue.column, name, 1.0, "agreement", how) for clue in equal)


def _is_equal(frame: pd.DataFrame, clue: _Clue, answer: _Clue) -> bool:
    both = ~(clue.is_gap | answer.is_gap)
    if both.sum() < _LEAST_EQUAL:
        return False
    if clue.numbers is not None and answer.numbers is not None:
        left, right = clue.numbers[both], answer.numbers[both]
    elif clue.codes is not None and answer.codes is not None:
        left, right = (frame[one.column][both].astype(str).to_numpy() for one in (clue, answer))
    else:
        return False
    return bool((left == right).all()) and len(np.unique(right)) > 1
