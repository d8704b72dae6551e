"""Columns that give the target away: one predicts it almost perfectly, equals it, or is there only for one class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from polymodal.schema.target import Category, Multilabel, Number, Survival

if TYPE_CHECKING:
    from polymodal.schema.table import Table

ACCURACY, CORRELATION, CONCORDANCE = 0.99, 0.99, 0.98
# Below these, a column out of thousands can part the classes, or order the rows, by luck.
_LEAST_ROWS, _LEAST_OF_A_CLASS, _LEAST_RANKED = 20, 5, 10
_FIRST_LOOK, _FIRST_CONCORDANCE, _SECOND_LOOK = 150, 0.95, 1000


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


def find_leaks(table: Table) -> list[Leak]:
    """Each column that alone tells a target, best first; once per column and target.

    Classes are told when the other rows of nearly the same value predict a row's class at a balanced accuracy of .99,
    numbers at a rank correlation of .99, survival at a concordance of .98. Whether a cell is there counts as well.
    """
    columns = {column: name for name, one in table.schema.modalities.items() for column in one.sources(name)}
    usable = [column for column in columns if column in table.frame.columns]
    found: dict[tuple[str, str], Leak] = {}
    for question in _questions(table):
        for leak in _of_presence(table, question):
            found.setdefault((leak.column, question.target), leak)
        for column in usable:
            is_told = (columns[column], question.target) in found or (column, question.target) in found
            told = None if is_told else _of_column(column, table.frame[column], question)
            if told is not None:
                found[column, question.target] = told
    found |= {(leak.column, leak.target): leak for leak in _equal_columns(table, usable)}
    return sorted(found.values(), key=lambda leak: -leak.score)


def _questions(table: Table) -> Iterator[_Question]:
    for name, target in table.schema.targets.items():
        labels = table.labels(name)
        if labels is None:
            continue
        if isinstance(target, Category):
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
        score = _majority_accuracy(present[question.known].astype(np.int64), question.answers[question.known])
        if score >= ACCURACY:
            yield Leak(name, question.target, score, "balanced accuracy", "whether it is there depends on the class")


def _of_column(column: str, values: pd.Series, question: _Question) -> Leak | None:
    values, answers = values[question.known], question.answers[question.known]
    numbers = _as_numbers(values)
    codes = _as_codes(values) if numbers is None else None
    if numbers is None and codes is None:
        return None
    if question.kind == "class":
        return _tells_class(column, question.target, numbers, codes, values.isna().to_numpy(), answers)
    if question.kind == "amount":
        score = _correlation(numbers, answers) if numbers is not None else _mean_correlation(codes, answers)
        return (
            Leak(column, question.target, score, "rank correlation", "its order is that of the target")
            if (score >= CORRELATION)
            else None
        )
    if numbers is not None and (score := _concordance_in_two_looks(numbers, answers)) >= CONCORDANCE:
        return Leak(column, question.target, score, "concordance", "its order is that of the events")
    return None


def _tells_class(
    column: str,
    target: str,
    numbers: np.ndarray | None,
    codes: np.ndarray | None,
    is_gap: np.ndarray,
    answers: np.ndarray,
) -> Leak | None:
    gap_score = _majority_accuracy(is_gap.astype(np.int64), answers)
    if gap_score >= ACCURACY:
        return Leak(column, target, gap_score, "balanced accuracy", "whether it is filled depends on the class")
    scores = [_majority_accuracy(codes, answers)] if codes is not None else []
    if numbers is not None:
        scores = [_neighbour_accuracy(numbers, answers), _majority_accuracy(_ranks(numbers), answers)]
    if (score := max(scores)) >= ACCURACY:
        return Leak(column, target, score, "balanced accuracy", "its values part the classes")
    return None


def _as_numbers(values: pd.Series) -> np.ndarray | None:
    if values.dtype.kind not in "iuf":
        return None
    numbers = values.to_numpy(dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _ranks(numbers: np.ndarray) -> np.ndarray:
    return np.unique(numbers, return_inverse=True)[1]


def _as_codes(values: pd.Series) -> np.ndarray | None:
    """Codes of text, truth values and categories, a gap being a value of its own; None for other cells."""
    if not all(isinstance(one, (str, bool, int, float, np.generic)) for one in values.dropna()):
        return None
    codes, known = pd.factorize(values.astype(object).map(str, na_action="ignore"))
    return np.where(codes < 0, len(known), codes)


def _common_classes(answers: np.ndarray) -> np.ndarray | None:
    """`[n]` bool: rows of classes common enough to judge by; None when fewer than two are."""
    classes, counts = np.unique(answers, return_counts=True)
    common = classes[counts >= _LEAST_OF_A_CLASS]
    kept = np.isin(answers, common)
    return kept if len(common) > 1 and kept.sum() >= _LEAST_ROWS else None


def _neighbour_accuracy(numbers: np.ndarray, answers: np.ndarray) -> float:
    """Balanced share of rows with whose class at least half of the two next smaller and two next larger rows agree.

    A clean cut gives 1 wherever it lies; equal values are in random order.
    """
    numbers, answers = numbers[~np.isnan(numbers)], answers[~np.isnan(numbers)]
    kept = _common_classes(answers)
    if kept is None:
        return 0.0
    numbers, answers = numbers[kept], answers[kept]
    order = np.lexsort([np.random.default_rng(0).permutation(len(numbers)), numbers])
    _, answers = np.unique(answers[order], return_inverse=True)
    padded = np.concatenate([[-1, -1], answers, [-1, -1]])
    neighbours = np.stack([padded[shift : shift + len(answers)] for shift in (0, 1, 3, 4)])
    is_right = 2 * (neighbours == answers).sum(axis=0) >= (neighbours >= 0).sum(axis=0)
    return _balanced(is_right, answers)


def _majority_accuracy(codes: np.ndarray, answers: np.ndarray) -> float:
    """Balanced accuracy of the most common class among the other rows of the same code."""
    kept = _common_classes(answers)
    if kept is None:
        return 0.0
    _, codes = np.unique(codes[kept], return_inverse=True)
    _, answers = np.unique(answers[kept], return_inverse=True)
    if codes.max() == 0 or codes.max() > len(codes) / 2:
        return 0.0
    counts = np.zeros((codes.max() + 1, answers.max() + 1))
    np.add.at(counts, (codes, answers), 1)
    others = counts[codes]
    others[np.arange(len(answers)), answers] -= 1
    is_right = (others.argmax(axis=1) == answers) & others.any(axis=1)
    return _balanced(is_right, answers)


def _balanced(is_right: np.ndarray, answers: np.ndarray) -> float:
    return float((np.bincount(answers, weights=is_right) / np.bincount(answers)).mean())


def _correlation(numbers: np.ndarray, answers: np.ndarray) -> float:
    seen = ~np.isnan(numbers)
    if seen.sum() < _LEAST_RANKED:
        return 0.0
    left, right = pd.Series(numbers[seen]).rank().to_numpy(), pd.Series(answers[seen]).rank().to_numpy()
    if left.std() == 0 or right.std() == 0:
        return 0.0
    return float(abs(np.corrcoef(left, right)[0, 1]))


def _mean_correlation(codes: np.ndarray | None, answers: np.ndarray) -> float:
    """Rank correlation of the answers with the mean answer among the other rows of the same code."""
    if codes is None or len(np.unique(codes)) > len(codes) / 2:
        return 0.0
    counts, sums = np.bincount(codes)[codes], np.bincount(codes, weights=answers)[codes]
    means = np.where(counts > 1, (sums - answers) / np.maximum(counts - 1, 1), np.nan)
    return _correlation(means, answers)


def _concordance_in_two_looks(numbers: np.ndarray, answers: np.ndarray) -> float:
    seen = np.flatnonzero(~np.isnan(numbers))
    if len(seen) < _LEAST_ROWS or answers[seen, 1].sum() < _LEAST_OF_A_CLASS:
        return 0.0
    seen = np.random.default_rng(0).permutation(seen)
    first = _concordance(numbers[seen[:_FIRST_LOOK]], answers[seen[:_FIRST_LOOK]])
    if first < _FIRST_CONCORDANCE or len(seen) <= _FIRST_LOOK:
        return first
    return _concordance(numbers[seen[:_SECOND_LOOK]], answers[seen[:_SECOND_LOOK]])


def _concordance(numbers: np.ndarray, answers: np.ndarray) -> float:
    """Harrell's C of the column or of its reverse, whichever is larger."""
    time, event = answers[:, 0], answers[:, 1] > 0
    comparable = (time[:, None] < time) & event[:, None]
    if not comparable.any():
        return 0.0
    sign = np.sign(numbers[:, None] - numbers)
    share = float((sign[comparable] + 1).mean() / 2)
    return max(share, 1 - share)


def _equal_columns(table: Table, usable: list[str]) -> Iterator[Leak]:
    for name, target in table.schema.targets.items():
        for source in target.sources(name):
            if source not in table.frame.columns:
                continue
            answers = table.frame[source]
            for column in usable:
                values = table.frame[column]
                both = (values.notna() & answers.notna()).to_numpy()
                if both.sum() >= _LEAST_RANKED and _is_equal(values[both], answers[both]):
                    yield Leak(column, name, 1.0, "agreement", f"it equals {source!r} wherever both are filled")


def _is_equal(values: pd.Series, answers: pd.Series) -> bool:
    if values.dtype.kind in "iuf" and answers.dtype.kind in "iuf":
        return bool((values.to_numpy() == answers.to_numpy()).all()) and answers.nunique() > 1
    first = values.iloc[0]
    if not isinstance(first, (str, bool, np.bool_)) or str(first) != str(answers.iloc[0]):
        return False
    texts = answers.astype(str)
    return bool((values.astype(str).to_numpy() == texts.to_numpy()).all()) and texts.nunique() > 1
