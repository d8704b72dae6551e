"""What comes back, known by itself: an effect of each drug, user or machine, and of each meeting of two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from polymodal.learners._design import Design, distinct_subsets
from polymodal.learners._evidence import class_evidence
from polymodal.learners._factorisation import factorise, scores
from polymodal.learners._learner import NO_WEIGHT, Learner, Task, usable
from polymodal.learners._repeats import keys_of, places_of, repeating
from polymodal.registry import LEARNERS

_STRENGTHS = (0.03, 0.06, 0.12, 0.25, 0.5)
_RANK = 16
_MANY, _RANK_OF_MANY = 200_000, 8  # rows from which fewer latent numbers have to do
_HALVES = np.array([[-0.5, 0.5]])


@dataclass(frozen=True)
class _Question:
    """Yes or no of one class or label, or how much: `[n]` answers of the rows at some positions, and their weights."""

    about: int
    rows: np.ndarray
    values: np.ndarray
    weight: np.ndarray


@LEARNERS.register("factors")
@dataclass(frozen=True)
class Factors(Learner):
    """A factorisation machine (Rendle 2010) on which cell it is, whatever stands in it.

    Where the same drug, kinase, user or product comes back in many rows, what was measured of it before says more than
    its formula or its picture. Each cell has an effect and 16 latent numbers; two cells of a row meet by the product
    of theirs. A cell that is hidden or was never seen counts as the mean one. Modalities whose cells hardly come back
    are left out. A number is fitted by squares, several classes by a question each, as are several labels.

    Attributes: `modalities`, those that come back; `known[j] [E]` the identities of their cells, ascending; `about [Q]`
    the label of each question, or for a category the class; `seen` the classes that had rows; `intercepts [Q]` and
    `tables[j] [Q, E + 1, 1 + K]`, effects and latent numbers; `scale` of a number.
    """

    views: ClassVar[tuple[str, ...]] = ("identity",)
    kinds: ClassVar[tuple[str, ...]] = ("category", "multilabel", "number")

    kind: str
    modalities: tuple[str, ...]
    prior: np.ndarray
    seen: np.ndarray
    about: np.ndarray
    scale: float
    intercepts: np.ndarray
    known: Sequence[np.ndarray]
    tables: Sequence[np.ndarray]

    @classmethod
    def suits(cls, design: Design, modalities: Sequence[str], task: Task) -> bool:
        found = repeating(design, modalities, usable(design, modalities, task))
        return len(found) > 1 or list(modalities) == found  # one of several is the same as that one alone

    @classmethod
    def strengths(cls, n_rows: int) -> Sequence[float]:
        return _STRENGTHS

    @classmethod
    def path(cls, design: Design, modalities: Sequence[str], task: Task, strengths: Sequence[float]) -> list[Self]:
        rows = usable(design, modalities, task)
        names = tuple(repeating(design, modalities, rows))
        known = [np.unique(keys_of(design, name, rows)[1]) for name in names]
        columns = [places_of(design, name, rows, one) for name, one in zip(names, known, strict=True)]
        places = np.stack(columns, axis=1) if names else np.zeros((len(rows), 0), dtype=np.int64)
        seen, scale, questions = _questions(task, rows)
        questions = questions if names else []
        rank = 0 if len(names) < 2 else _RANK if len(rows) < _MANY else _RANK_OF_MANY
        sizes, is_number = [len(one) for one in known], task.target.kind == "number"
        found = []
        for strength in strengths:
            fits = [
                factorise(places[one.rows], sizes, one.values, one.weight, strength, rank, task.seed, not is_number)
                for one in questions
            ]
            found.append(
                cls(
                    kind=task.target.kind,
                    modalities=names,
                    prior=task.prior,
                    seen=seen,
                    about=np.array([one.about for one in questions], dtype=np.int64),
                    scale=scale,
                    intercepts=np.array([intercept for intercept, _ in fits], dtype=np.float64),
                    known=known,
                    tables=[np.stack([tables[j] for _, tables in fits]) for j in range(len(names))] if fits else [],
                )
            )
        return found

    def answer(self, design: Design, patterns: np.ndarray) -> np.ndarray:
        mine = [design.names.index(name) for name in self.modalities]
        rows, subsets, where = distinct_subsets(design.present[:, mine], patterns[:, mine])
        return self.of_subsets(design, rows, subsets)[where]

    def of_subsets(self, design: Design, rows: np.ndarray, subsets: np.ndarray) -> np.ndarray:
        """`[q, R]` evidence of the `rows [q]` with nothing but their `subsets [q, m]` of the learner's modalities."""
        found = np.zeros((len(rows), len(self.prior)))
        asked = np.flatnonzero(subsets.any(axis=1))
        if len(self.about) and len(asked):
            places = np.empty((len(asked), len(self.modalities)), dtype=np.int64)
            for j, (name, known) in enumerate(zip(self.modalities, self.known, strict=True)):
                all_of_them = places_of(design, name, np.arange(len(design)), known)
                places[:, j] = np.where(subsets[asked, j], all_of_them[rows[asked]], len(known))
            raw = [
                intercept + scores([table[question] for table in self.tables], places)
                for question, intercept in enumerate(self.intercepts.tolist())
            ]
            found[asked] = self._evidence(np.stack(raw, axis=1))
        return found

    def _evidence(self, raw: np.ndarray) -> np.ndarray:
        if self.kind == "number":
            return self.scale * raw
        if self.kind == "category":
            return class_evidence(raw @ _HALVES if raw.shape[1] == 1 else raw, self.seen, self.prior)
        found = np.zeros((len(raw), len(self.prior)))
        found[:, self.about] = raw - self.prior[self.about]
        return found

    def export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        values = dict(vars(self))
        config = {"modalities": list(values.pop("modalities"))} | {name: values.pop(name) for name in ("kind", "scale")}
        for name in ("known", "tables"):
            values |= {f"{name}/{j}": one for j, one in enumerate(values.pop(name))}
        return values, config

    @classmethod
    def restore(cls, arrays: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> Self:
        rest: dict[str, Any] = {name: one for name, one in arrays.items() if "/" not in name}
        for name in ("known", "tables"):
            rest[name] = [arrays[key] for j in range(len(arrays)) if (key := f"{name}/{j}") in arrays]
        return cls(**{**config, **rest, "modalities": tuple(config["modalities"])})


def _questions(task: Task, rows: np.ndarray) -> tuple[np.ndarray, float, list[_Question]]:
    """Classes that have rows, the scale of a number, and what is asked about the `rows [n]`."""
    labels, weight = task.labels.take(rows), task.loss_weight[rows]
    if task.target.kind == "number":
        values = labels.values - task.prior
        scale = float(np.sqrt(np.average(values**2, weights=weight))) if len(np.unique(values)) > 1 else 0.0
        questions = [_Question(0, np.arange(len(rows)), values / scale, weight / weight.mean())] if scale else []
        return np.zeros(0, dtype=np.int64), scale or 1.0, questions
    if task.target.kind == "category":
        seen = np.unique(labels.values)
        asked = seen[1:] if len(seen) == 2 else seen if len(seen) > 2 else seen[:0]
        truths = [(one, np.arange(len(rows)), labels.values == one, weight) for one in asked.tolist()]
        return seen, 1.0, [_Question(one, some, yes * 1.0, share) for one, some, yes, share in truths]
    found = []
    for label, (known, values, share) in enumerate(zip(labels.known.T, labels.values.T, weight.T, strict=True)):
        some = np.flatnonzero(known & (share > NO_WEIGHT))
        if len(np.unique(values[some])) > 1:
            found.append(_Question(label, some, values[some], share[some]))
    return np.zeros(0, dtype=np.int64), 1.0, found
