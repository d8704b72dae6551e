"""Nearest class mean on wide features: what a class looks like on average, from one example on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from polymodal.features._features import Matrix
from polymodal.learners._design import Design, distinct_subsets
from polymodal.learners._learner import Learner, Task, usable
from polymodal.learners._questions import class_means, evidence_from, questions_of
from polymodal.registry import LEARNERS

_TEMPERATURES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


@LEARNERS.register("prototypes")
@dataclass(frozen=True)
class Prototypes(Learner):
    """The cosine between a row and the mean of each class, for each modality by itself, summed over those there.

    Rows are taken from the middle of the class means and brought to unit length, which is what makes nearest means
    strong on features of pretrained encoders (Mensink et al. 2013; Wang et al. 2019). The strength is the factor of
    the cosine: the concentration of von Mises-Fisher distributions around the means. It learns categories and labels.

    Attributes: `middles [W]` and `means [C, W]` of all modalities side by side, of unit length within each; `places`
    and `sizes` say which label each question is about and how many of the rows `C` are its classes; `seen [C]`.
    """

    views: ClassVar[tuple[str, ...]] = ("wide",)
    kinds: ClassVar[tuple[str, ...]] = ("category", "multilabel")
    least: ClassVar[int] = 2

    modalities: tuple[str, ...]
    temperature: float
    prior: np.ndarray
    widths: np.ndarray
    places: np.ndarray
    sizes: np.ndarray
    seen: np.ndarray
    middles: np.ndarray
    means: np.ndarray

    @classmethod
    def strengths(cls, n_rows: int) -> Sequence[float]:
        return _TEMPERATURES

    @classmethod
    def path(cls, design: Design, modalities: Sequence[str], task: Task, strengths: Sequence[float]) -> list[Self]:
        rows = usable(design, modalities, task)
        questions = questions_of(task, rows)
        n_classes = sum(len(one.seen) for one in questions)
        middles, means = [], []
        for name in modalities:
            place = np.full(len(design), -1)
            place[design.rows(name)] = np.arange(len(design.rows(name)))
            middle = np.zeros((n_classes, design.wide[name].shape[1]))
            mean, start = middle.copy(), 0
            for one in questions:
                here = place[rows[one.rows]]
                has, stop = here >= 0, start + len(one.seen)
                told = class_means(
                    design.wide[name][here[has]], one.codes[has], task.weight[rows[one.rows[has]]], len(one.seen)
                )
                middle[start:stop] = told.mean(axis=0)
                mean[start:stop] = _unit(told - middle[start:stop])
                start = stop
            middles.append(middle)
            means.append(mean)
        settled: dict[str, Any] = {
            "modalities": tuple(modalities),
            "prior": task.prior,
            "widths": np.array([one.shape[1] for one in means]),
            "places": np.array([one.place for one in questions], dtype=np.int64),
            "sizes": np.array([len(one.seen) for one in questions], dtype=np.int64),
            "seen": np.concatenate([np.zeros(0, dtype=np.int64), *(one.seen for one in questions)]),
            "middles": np.concatenate(middles, axis=1),
            "means": np.concatenate(means, axis=1),
        }
        return [cls(temperature=strength, **settled) for strength in strengths]

    def answer(self, design: Design, patterns: np.ndarray) -> np.ndarray:
        mine = [design.names.index(name) for name in self.modalities]
        rows, subsets, where = distinct_subsets(design.present[:, mine], patterns[:, mine])
        parts = np.zeros((len(design), len(mine), len(self.seen)))
        starts = np.concatenate([[0], np.cumsum(self.widths)])
        for position, name in enumerate(self.modalities):
            if name in design.wide:
                columns = slice(starts[position], starts[position + 1])
                parts[design.rows(name), position] = self._cosines(design.wide[name], columns)
        total = self.temperature * np.einsum("qm,qmc->qc", subsets.astype(np.float64), parts[rows])
        ends = np.cumsum(self.sizes)[:-1]
        scores, seen = np.split(total, ends, axis=1), np.split(self.seen, ends)
        said = evidence_from(scores[: len(self.places)], self.places, seen[: len(self.places)], self.prior, len(rows))
        said[~subsets.any(axis=1)] = 0.0
        return said[where]

    def _cosines(self, x: Matrix, columns: slice) -> np.ndarray:
        """`[n, C]`; zero for a row in the very middle."""
        middles, means = self.middles[:, columns], self.means[:, columns]
        squares = np.asarray(
            (x.multiply(x) if not isinstance(x, np.ndarray) else np.square(x, dtype=float)).sum(axis=1)
        )
        lengths = squares.reshape(-1, 1) - 2 * (x @ middles.T) + (middles**2).sum(axis=1)
        along = x @ means.T - (middles * means).sum(axis=1)
        return np.asarray(along / np.sqrt(np.maximum(lengths, 1e-12)))

    def export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        values = dict(vars(self))
        config = {"modalities": list(values.pop("modalities")), "temperature": values.pop("temperature")}
        return values, config

    @classmethod
    def restore(cls, arrays: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> Self:
        return cls(modalities=tuple(config["modalities"]), temperature=config["temperature"], **arrays)


def _unit(rows: np.ndarray) -> np.ndarray:
    """Rows of unit length; what differs from the middle by rounding only stays zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.where(lengths > 1e-9, rows / np.maximum(lengths, 1e-300), 0.0)
