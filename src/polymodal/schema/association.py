"""How well one column tells an answer: classes by those of like value, amounts by order, survival by concordance."""

from __future__ import annotations

import numpy as np

# Below these, one column out of thousands can part the classes, or order the rows, by luck.
_LEAST_ROWS, _LEAST_OF_A_CLASS, _LEAST_RANKED = 20, 5, 10
_FIRST_LOOK, _FIRST_CONCORDANCE, _SECOND_LOOK = 150, 0.95, 1000


def neighbour_accuracy(numbers: np.ndarray, answers: np.ndarray) -> float:
    """Balanced share of rows with whose class at least half of the two next smaller and two next larger rows agree.

    `numbers [n]` may hold NaN, `answers [n]` are class codes from 0. A clean cut gives 1 wherever it lies; equal
    values are in random order. 0 where rows or classes are too few to judge.
    """
    numbers, answers = numbers[~np.isnan(numbers)], answers[~np.isnan(numbers)]
    kept = _common_classes(answers)
    if kept is None:
        return 0.0
    numbers, answers = numbers[kept], answers[kept]
    order = np.lexsort([np.random.default_rng(0).permutation(len(numbers)), numbers])
    answers = answers[order]
    padded = np.concatenate([[-1, -1], answers, [-1, -1]])
    neighbours = np.stack([padded[shift : shift + len(answers)] for shift in (0, 1, 3, 4)])
    is_right = 2 * (neighbours == answers).sum(axis=0) >= (neighbours >= 0).sum(axis=0)
    return _balanced(is_right, answers)


def majority_accuracy(codes: np.ndarray, answers: np.ndarray) -> float:
    """Balanced accuracy of the most common class among the other rows of the same code; `answers` are codes from 0."""
    _, codes = np.unique(codes, return_inverse=True)
    kept = _common_classes(answers) if 0 < codes.max(initial=0) <= len(codes) / 2 else None
    if kept is None:
        return 0.0
    codes, answers = codes[kept], answers[kept]
    counts = np.zeros((codes.max() + 1, answers.max() + 1))
    np.add.at(counts, (codes, answers), 1)
    others = counts[codes]
    others[np.arange(len(answers)), answers] -= 1
    is_right = (others.argmax(axis=1) == answers) & others.any(axis=1)
    return _balanced(is_right, answers)


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 0, the mean of theirs for equal values."""
    _, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (counts.cumsum() - (counts + 1) / 2)[codes]


def pearson(left: np.ndarray, right: np.ndarray) -> float:
    """Pearson's correlation; 0 where it has no meaning or too few rows."""
    if len(left) < _LEAST_RANKED or left.std() == 0 or right.std() == 0:
        return 0.0
    return float(np.corrcoef(left, right)[0, 1])


def mean_correlation(codes: np.ndarray, answers: np.ndarray) -> float:
    """Correlation of the answers with the mean answer among the other rows of the same code."""
    if len(np.unique(codes)) > len(codes) / 2:
        return 0.0
    counts, sums = np.bincount(codes)[codes], np.bincount(codes, weights=answers)[codes]
    means = (sums - answers) / np.maximum(counts - 1, 1)
    return pearson(means[counts > 1], answers[counts > 1])


def concordance_in_two_looks(numbers: np.ndarray, answers: np.ndarray) -> float:
    """Harrell's C of a column, or of its reverse, with `answers [n, 2]` (time, event); a second look if it is high.

    The first look takes at most 150 rows, the second at most 1,000.
    """
    seen = np.flatnonzero(~np.isnan(numbers))
    if len(seen) < _LEAST_ROWS or answers[seen, 1].sum() < _LEAST_OF_A_CLASS:
        return 0.0
    seen = np.random.default_rng(0).permutation(seen)
    first = _concordance(numbers[seen[:_FIRST_LOOK]], answers[seen[:_FIRST_LOOK]])
    if first < _FIRST_CONCORDANCE or len(seen) <= _FIRST_LOOK:
        return first
    return _concordance(numbers[seen[:_SECOND_LOOK]], answers[seen[:_SECOND_LOOK]])


def _common_classes(answers: np.ndarray) -> np.ndarray | None:
    """`[n]` bool: rows of classes common enough to judge by; None when fewer than two are."""
    is_common = np.bincount(answers) >= _LEAST_OF_A_CLASS
    kept = is_common[answers]
    return kept if is_common.sum() > 1 and kept.sum() >= _LEAST_ROWS else None


def _balanced(is_right: np.ndarray, answers: np.ndarray) -> float:
    counts = np.bincount(answers)
    there = counts > 0
    return float((np.bincount(answers, weights=is_right)[there] / counts[there]).mean())


def _concordance(numbers: np.ndarray, answers: np.ndarray) -> float:
    """Harrell's C of the column or of its reverse, whichever is larger."""
    time, event = answers[:, 0], answers[:, 1] > 0
    comparable = (time[:, None] < time) & event[:, None]
    if not comparable.any():
        return 0.0
    sign = np.sign(numbers[:, None] - numbers)
    share = float((sign[comparable] + 1).mean() / 2)
    return max(share, 1 - share)
