"""Thresholds for a stated score, settled on rows held out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from polymodal.errors import FitError
from polymodal.learners._evidence import outputs_of
from polymodal.metrics.threshold import best_threshold
from polymodal.portfolio.jury import Jury
from polymodal.schema.target import Category, Multilabel, Target, wish_of

_NEUTRAL = 0.5  # of a label that all rows held out have, or none


def with_thresholds(jury: Jury, evidence: np.ndarray) -> Target:
    """The target with the thresholds that its `decide` asks for, from evidence `[N, R]` of the rows that judge."""
    target, outputs = jury.target, outputs_of(jury.target, evidence, jury.prior)
    if not isinstance(target, (Category, Multilabel)) or not isinstance(target.decide, str):
        return target
    wish, found = wish_of(target.decide), []
    for shares, truth, rows in _questions(target, outputs, jury):
        varies = truth.any() and not truth.all()
        found.append(best_threshold(shares, truth, jury.weight[rows], wish) if varies else _NEUTRAL)
    return target.model_copy(update={"thresholds": tuple(found)})


def refuse_undecidable(juries: Mapping[str, Jury], is_judged: bool = True) -> None:
    """Raise FitError for a target with a score to decide by, and no rows held out (that are judged) of both classes."""
    lost = []
    for name, jury in juries.items():
        target = jury.target
        if isinstance(target, (Category, Multilabel)) and isinstance(target.decide, str):
            nothing = np.zeros((jury.n, max(len(target.classes), 2)))
            asked = [truth for _, truth, _ in _questions(target, nothing, jury)]
            if not is_judged or not any(truth.any() and not truth.all() for truth in asked):
                lost.append(f"{name!r} (decide={target.decide!r})")
    if lost:
        raise FitError(
            f"a threshold of {', '.join(lost)} cannot be settled: too few rows are held out to have both answers among "
            "them. Give more rows, fit with folds=5, or give the probability itself: decide=0.5"
        )


def _questions(
    target: Category | Multilabel, outputs: np.ndarray, jury: Jury
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each yes or no the probabilities, the truth and the places of the rows where it is known and counts."""
    values, known = jury.labels.values, jury.labels.known
    if isinstance(target, Category):
        values, known, outputs = (values == 1)[:, None], known[:, None], outputs[:, [1]]
    found = []
    for place in range(outputs.shape[1]):
        rows = np.flatnonzero(known[:, place] & (jury.weight > 0))
        found.append((outputs[rows, place], values[rows, place] > 0.5, rows))
    return found
