"""Boosted trees that are also told what the cells that come back have been worth so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self, cast

import numpy as np

from polymodal.learners._design import Design
from polymodal.learners._evidence import outputs_of
from polymodal.learners._learner import Learner, Task, usable
from polymodal.learners._repeats import repeating
from polymodal.learners.factors import Factors
from polymodal.learners.trees import Trees
from polymodal.registry import LEARNERS

_FOLDS, _STRENGTHS = 5, (0.06, 0.12, 0.25)  # of the factors
_PREFIX = "hints/"


@LEARNERS.register("factored_trees")
@dataclass(frozen=True)
class FactoredTrees(Trees):
    """`trees` with what `factors` says of the row as further columns, from two modalities on whose cells come back.

    While learning, each row's columns come from factors fitted without it in five folds, or the trees would trust what
    the factors had learnt by heart (stacked generalisation, Wolpert 1992; in gradient boosting, Prokhorenkova et al.
    2018). The factors' strength is the one that did best on those rows.
    """

    views: ClassVar[tuple[str, ...]] = ("compact", "identity")
    kinds: ClassVar[tuple[str, ...]] = Factors.kinds

    @classmethod
    def suits(cls, design: Design, modalities: Sequence[str], task: Task) -> bool:
        return len(repeating(design, modalities, usable(design, modalities, task))) > 1

    @classmethod
    def _hints(
        cls, design: Design, modalities: Sequence[str], task: Task, rows: np.ndarray, subsets: np.ndarray
    ) -> tuple[Learner | None, np.ndarray]:
        own = np.unique(rows)
        fold = np.random.default_rng(task.seed).permutation(np.arange(len(own)) % _FOLDS)[np.searchsorted(own, rows)]
        said = np.zeros((len(_STRENGTHS), len(rows), len(task.prior)))
        for number in range(_FOLDS):
            asked = np.flatnonzero(fold == number)
            path = Factors.path(design, modalities, _without(task, rows[asked]), _STRENGTHS)
            for place, one in enumerate(path):
                said[place, asked] = _said(one, design, modalities, rows[asked], subsets[asked])
        best = int(np.argmin([_squares(task, rows, one) for one in said]))
        factors = Factors.path(design, modalities, task, [_STRENGTHS[best]])[0]
        return factors, said[best] / factors.scale

    def _hint(self, design: Design, rows: np.ndarray, subsets: np.ndarray) -> np.ndarray:
        factors = cast(Factors, self.hints)
        return _said(factors, design, self.modalities, rows, subsets) / factors.scale

    def export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        arrays, config = super().export()
        own, hints = cast(Factors, self.hints).export()
        return arrays | {f"{_PREFIX}{name}": one for name, one in own.items()}, config | {"hints": hints}

    @classmethod
    def restore(cls, arrays: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> Self:
        own = {name.removeprefix(_PREFIX): one for name, one in arrays.items() if name.startswith(_PREFIX)}
        trees = super().restore({name: one for name, one in arrays.items() if not name.startswith(_PREFIX)}, config)
        return replace(trees, hints=Factors.restore(own, config["hints"]))


def _said(
    factors: Factors, design: Design, modalities: Sequence[str], rows: np.ndarray, subsets: np.ndarray
) -> np.ndarray:
    """`[q, R]` evidence of rows with subsets `[q, m]` of the modalities, of which the factors know some."""
    return factors.of_subsets(design, rows, subsets[:, [modalities.index(name) for name in factors.modalities]])


def _without(task: Task, rows: np.ndarray) -> Task:
    weight = task.weight.copy()
    weight[rows] = 0.0
    return replace(task, weight=weight)


def _squares(task: Task, rows: np.ndarray, evidence: np.ndarray) -> float:
    """Mean squared distance of the outputs `[n, R]` from what is known of the rows: of probabilities, Brier's score."""
    labels, outputs = task.labels.take(rows), outputs_of(task.target, evidence, task.prior)
    truth = np.eye(len(task.prior))[labels.values] if task.target.kind == "category" else labels.values
    known = labels.known.reshape(len(rows), -1)
    return float(((outputs - truth.reshape(outputs.shape)) ** 2 * known).sum()) / max(int(known.sum()), 1)
