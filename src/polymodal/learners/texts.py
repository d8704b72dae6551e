"""All texts of a row read as one, each word weighed by how far it tells the classes apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from scipy.sparse import csr_matrix

from polymodal.features._tfidf import least_texts, unit_texts
from polymodal.learners._design import Design
from polymodal.learners._learner import Learner, Task, usable
from polymodal.learners._questions import questions_of
from polymodal.learners.linear import Linear
from polymodal.registry import LEARNERS

_STRENGTHS = (0.1, 0.5, 2.5, 12.0, 60.0)
_MANY = 10_000  # rows from which only the middle of the path is worth its time
_JOINED = "\0"  # the name of all texts as one, which no column has


@LEARNERS.register("texts")
@dataclass(frozen=True)
class Texts(Learner):
    """Logistic regression on the words and word pairs of all texts of a row together, weighed by naive Bayes.

    A word of a title mostly means what it means in the review below it, so all texts of a row are counted as one, made
    of those that are there and asked for. A word counts by the logarithm of how much oftener it stands in rows of a
    class than in others (Wang & Manning 2012; of several classes or labels, the root of the mean square). By itself it
    reads no better than `linear`, but errs elsewhere, so that both together do. Where no two texts meet in a row it is
    left out.

    Attributes: `keys [K]` names of the words and pairs, ascending; `weights [K]`; `linear`, on the joined text.
    """

    views: ClassVar[tuple[str, ...]] = ("counts",)
    kinds: ClassVar[tuple[str, ...]] = ("category", "multilabel")
    least: ClassVar[int] = 2

    modalities: tuple[str, ...]
    keys: np.ndarray
    weights: np.ndarray
    linear: Linear

    @classmethod
    def suits(cls, design: Design, modalities: Sequence[str], task: Task) -> bool:
        texts = [design.names.index(name) for name in modalities if name in design.counts]
        return bool((design.present[usable(design, modalities, task)][:, texts].sum(axis=1) > 1).any())

    @classmethod
    def strengths(cls, n_rows: int) -> Sequence[float]:
        return _STRENGTHS if n_rows < _MANY else _STRENGTHS[1:-1]

    @classmethod
    def path(cls, design: Design, modalities: Sequence[str], task: Task, strengths: Sequence[float]) -> list[Self]:
        texts = tuple(name for name in modalities if name in design.counts)
        rows, all_of_them = usable(design, texts, task), np.ones(len(texts), dtype=bool)
        keys = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *(design.counts[name].keys for name in texts)]))
        times = _together(design, texts, keys, all_of_them)[rows]
        kept = np.bincount(times.indices, minlength=len(keys)) >= least_texts(len(rows))
        keys, weights = keys[kept], _telling(times[:, np.flatnonzero(kept)], task, rows)
        joined = _joined(design, texts, keys, weights, all_of_them)
        return [cls(texts, keys, weights, one) for one in Linear.path(joined, [_JOINED], task, strengths)]

    def answer(self, design: Design, patterns: np.ndarray) -> np.ndarray:
        mine = [design.names.index(name) for name in self.modalities]
        subsets, which = np.unique(patterns[:, mine], axis=0, return_inverse=True)
        whole = np.ones((1, 1), dtype=bool)
        found = np.zeros((len(patterns), len(design), len(self.linear.prior)))
        for number, subset in enumerate(subsets):
            joined = _joined(design, self.modalities, self.keys, self.weights, subset)
            found[which.ravel() == number] = self.linear.answer(joined, whole)
        return found

    def export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        arrays, config = self.linear.export()
        own = {"keys": self.keys, "weights": self.weights}
        return arrays | own, {"modalities": list(self.modalities), "linear": config}

    @classmethod
    def restore(cls, arrays: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> Self:
        rest = dict(arrays)
        keys, weights = rest.pop("keys"), rest.pop("weights")
        return cls(tuple(config["modalities"]), keys, weights, Linear.restore(rest, config["linear"]))


def _telling(times: csr_matrix, task: Task, rows: np.ndarray) -> np.ndarray:
    """`[K]` how far each thing that stands in the `rows`, `times [n, K]` in each, tells them apart.

    Of a class, the log of how much oftener it stands in its rows than in others, one more row having been seen of each;
    over all classes the root of the mean square, as a ridge penalty does not look at signs.
    """
    is_there = csr_matrix((np.ones(len(times.data)), times.indices, times.indptr), shape=times.shape)
    squares, n_classes = np.zeros(times.shape[1]), 0
    for question in questions_of(task, rows):
        share = task.weight[rows[question.rows]]
        share = share / share.mean()
        some = is_there[question.rows]
        for code in range(len(question.seen)):
            own = share * (question.codes == code)
            ratio = np.log((own @ some + 1) / (own.sum() + 1))
            ratio -= np.log(((share - own) @ some + 1) / ((share - own).sum() + 1))
            squares += ratio**2
        n_classes += len(question.seen)
    return np.sqrt(squares / max(n_classes, 1)).astype(np.float32)


def _joined(design: Design, texts: Sequence[str], keys: np.ndarray, weights: np.ndarray, subset: np.ndarray) -> Design:
    """Of one modality, the texts of the `subset [t]` as one, there where a row has any of them."""
    mine = [design.names.index(name) for name in texts]
    has = (design.present[:, mine] & subset).any(axis=1)
    wide = {}
    if has.any():
        wide[_JOINED] = unit_texts(_together(design, texts, keys, subset)[np.flatnonzero(has)], weights)
    return Design(wide, {}, {}, has[:, None], (_JOINED,))


def _together(design: Design, texts: Sequence[str], keys: np.ndarray, subset: np.ndarray) -> csr_matrix:
    """`[N, K]` how often each word and pair stands in the texts of the `subset [t]`, taken together."""
    total = csr_matrix((len(design), len(keys)), dtype=np.float32)
    for name, is_asked in zip(texts, subset.tolist(), strict=True):
        if is_asked and name in design.counts:
            here = design.rows(name)
            spread = csr_matrix((np.ones(len(here)), (here, np.arange(len(here)))), shape=(len(design), len(here)))
            total = total + csr_matrix(spread @ design.counts[name].under(keys), dtype=np.float32)
    total.sort_indices()  # sums are to be the same to the last digit, whichever other texts were asked for
    return total
