"""A few examples beside the names of the classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from polymodal.learners._design import Design
from polymodal.learners._learner import Task
from polymodal.learners.gaussian import Gaussian
from polymodal.schema.target import Category, Labels

_WEIGHTS = (0.0, 0.03, 0.1, 0.3, 1.0, 3.0)  # of the examples' log likelihood beside the logits of the sentences
_UNTRIED = 0.3  # where no class has a second example to try a weight on
_FOLDS = 5


def taught(
    logits: np.ndarray,
    vectors: np.ndarray,
    shown_logits: np.ndarray,
    shown: np.ndarray,
    codes: np.ndarray,
    target: Category,
) -> np.ndarray:
    """Logits `[n, C]` of sentences and of a Gaussian head on examples together.

    Args:
        logits, vectors: of the rows asked, `[n, C]` by the sentences and `[n, E]`.
        shown_logits, shown, codes: of the examples, and their classes `[m]`.
        target: the C classes.

    How much the examples weigh is settled on examples held out in turn (Wang et al. 2024 do it on validation rows).
    """
    folds = _fold_numbers(codes)
    weight = _UNTRIED
    if folds.max() > 0:
        said = np.zeros_like(shown_logits)
        for fold in range(folds.max() + 1):
            held = folds == fold
            said[held] = _evidence(shown[~held], codes[~held], target, shown[held])
        judged = np.flatnonzero(folds >= 0)
        losses = [_loss(shown_logits[judged] + one * said[judged], codes[judged]) for one in _WEIGHTS]
        weight = _WEIGHTS[int(np.argmin(losses))]
    return logits + weight * _evidence(shown, codes, target, vectors)


def _evidence(shown: np.ndarray, codes: np.ndarray, target: Category, asked: np.ndarray) -> np.ndarray:
    """`[n, C]` log likelihoods, up to a constant a row; those of a class without an example are the mean of all."""
    n_classes = len(target.classes)
    prior = np.full(n_classes, -np.log(n_classes))
    if len(np.unique(codes)) < 2:
        return np.zeros((len(asked), n_classes))
    task = Task(target, Labels(codes, np.ones(len(codes), dtype=bool)), np.ones(len(codes)), prior)
    [head] = Gaussian.path(_design(shown), ["vector"], task, [1.0])
    head = replace(head, temperatures=np.ones(1))  # how much they weigh is settled above, beside the sentences
    found: np.ndarray = head.answer(_design(asked), np.ones((1, 1), dtype=bool))[0]
    return found


def _design(vectors: np.ndarray) -> Design:
    names = ("vector",)
    return Design(
        {"vector": vectors}, {"vector": vectors}, {"vector": ()}, np.ones((len(vectors), 1), dtype=bool), names
    )


def _fold_numbers(codes: np.ndarray) -> np.ndarray:
    """`[m]`: each class is dealt over the folds; -1 for one with a single example, which nothing can be tried on."""
    folds = np.full(len(codes), -1)
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        if len(rows) > 1:
            folds[rows] = np.arange(len(rows)) % _FOLDS
    return folds


def _loss(logits: np.ndarray, codes: np.ndarray) -> float:
    told = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    return -float(told[np.arange(len(codes)), codes].mean())
