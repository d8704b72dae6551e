"""A target as questions between classes: one for a category, a yes-or-no each for several labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, issparse

from polymodal.features._features import Matrix
from polymodal.learners._evidence import class_evidence
from polymodal.learners._learner import Task


@dataclass(frozen=True)
class Question:
    """Which of C classes a row is of.

    Attributes:
        place: of the label among several; -1 for a category.
        seen: `[C]` the classes that have rows.
        rows: `[n]` positions, among those asked about, of the rows that have an answer.
        codes: `[n]` from 0 to C - 1.
    """

    place: int
    seen: np.ndarray
    rows: np.ndarray
    codes: np.ndarray


def questions_of(task: Task, rows: np.ndarray) -> list[Question]:
    """What can be asked about the rows `rows [n]` of a task with a category or labels; nothing has one answer only."""
    labels = task.labels.take(rows)
    if task.target.kind == "category":
        asked = [(-1, np.arange(len(rows)), labels.values)]
    else:
        columns = zip(labels.known.T, labels.values.T, strict=True)
        asked = [(i, np.flatnonzero(known), values[known]) for i, (known, values) in enumerate(columns)]
    found = []
    for place, where, values in asked:
        seen, codes = np.unique(values.astype(np.int64), return_inverse=True)
        if len(seen) > 1:
            found.append(Question(place, seen, where, codes.ravel()))
    return found


def evidence_from(
    scores: Sequence[np.ndarray], places: np.ndarray, seen: Sequence[np.ndarray], prior: np.ndarray, n: int
) -> np.ndarray:
    """`[n, R]` evidence from log likelihoods `[n, C]` of each question; zero for what was not asked."""
    found = np.zeros((n, len(prior)))
    for score, place, classes in zip(scores, places.tolist(), seen, strict=True):
        if place < 0:
            return class_evidence(score + prior[classes], classes, prior)
        found[:, place] = score[:, 1] - score[:, 0]
    return found


def class_means(x: Matrix, codes: np.ndarray, weight: np.ndarray, n_classes: int) -> np.ndarray:
    """`[C, W]` weighted means of the rows `[n, W]` of each class; of a class without rows the mean of the others.

    >>> class_means(np.array([[1.0], [3.0], [8.0]]), np.array([0, 0, 2]), np.ones(3), 3).ravel().tolist()
    [2.0, 5.0, 8.0]
    """
    member = csr_matrix((weight, (codes, np.arange(len(codes)))), shape=(n_classes, len(codes)))
    counts, sums = np.asarray(member.sum(axis=1)).ravel(), member @ x
    means = np.asarray(sums.toarray() if issparse(sums) else sums) / np.maximum(counts, 1e-300)[:, None]
    there = counts > 0
    means[~there] = means[there].mean(axis=0) if there.any() else 0.0
    return means
