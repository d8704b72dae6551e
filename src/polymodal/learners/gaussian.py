"""Classes as normal distributions of one common shape: a closed form, exact for whatever part of a row is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from polymodal.features._reduction import principal_directions
from polymodal.learners._covariance import Scatter, shrunk
from polymodal.learners._design import Design, distinct_subsets
from polymodal.learners._learner import Learner, Task, usable
from polymodal.learners._questions import Question, class_means, evidence_from, questions_of
from polymodal.learners._temperature import held_apart, temperature
from polymodal.registry import LEARNERS

_STRENGTHS = (0.25, 0.5, 1.0, 2.0, 4.0)
_MOST_DIRECTIONS = 512  # of all modalities; every subset of them costs a solution of that many equations
_LEAST_DIRECTIONS = 32  # of each
_MOST_ROWS = 50_000  # that a covariance is taken of
_AT_ONCE = 20_000  # rows answered
_MOST_APART = 10_000  # rows that temperatures are found on
_LEAST_APART = 2_000  # of each question, where there are many
_MOST_SCORES = 20_000_000  # log likelihoods of them held at once


@LEARNERS.register("gaussian")
@dataclass(frozen=True)
class Gaussian(Learner):
    """Linear discriminant analysis (Fisher 1936; Rao 1948) with a shrunk covariance, as a head on frozen features.

    A class is a normal distribution over all modalities; all share one covariance, shrunk towards a sphere for each
    modality by the share of Ledoit and Wolf (2004) to the power of the strength: at 1 it is theirs, below it is more.
    A row without some modalities is judged by the marginal distribution of the others, which is exact. Such a head is
    hard to beat on features of pretrained encoders (Wang et al. 2024). It learns categories and labels.

    Where there are hardly more rows than columns, or where rows come from a few people who differ, log likelihoods are
    far too large. So they are divided by a temperature: that of least log loss on rows held out in turn, whole groups
    where there are groups, each modality alone and all together.

    A modality of more columns than its share of 512 is brought to its main directions, which loses nothing while there
    are no more rows than that; of more than 50,000 rows as many are drawn. Attributes: `directions [W, k]` by modality
    (no columns where it stays as it is), `widths [m]` that are left, `centre [D]`, `places [Q]`, `sizes [Q]` and
    `seen [C]` of the questions, `means [C, D]`, `covariances [Q, D, D]`, `temperatures [Q]`.
    """

    views: ClassVar[tuple[str, ...]] = ("wide",)
    kinds: ClassVar[tuple[str, ...]] = ("category", "multilabel")
    least: ClassVar[int] = 2

    modalities: tuple[str, ...]
    prior: np.ndarray
    directions: Mapping[str, np.ndarray]
    widths: np.ndarray
    centre: np.ndarray
    places: np.ndarray
    sizes: np.ndarray
    seen: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    temperatures: np.ndarray

    @classmethod
    def strengths(cls, n_rows: int) -> Sequence[float]:
        return _STRENGTHS

    @classmethod
    def path(cls, design: Design, modalities: Sequence[str], task: Task, strengths: Sequence[float]) -> list[Self]:
        rows = usable(design, modalities, task)
        if len(rows) > _MOST_ROWS:
            rows = np.sort(np.random.default_rng(task.seed).choice(rows, _MOST_ROWS, replace=False))
        most = max(_LEAST_DIRECTIONS, _MOST_DIRECTIONS // len(modalities))
        directions = {name: _directions(design, name, rows, most, task.seed) for name in modalities}
        x, has, widths = _coordinates(design, modalities, directions, rows)
        weight = task.weight[rows]
        owner = np.repeat(np.arange(len(widths)), widths)
        shares = np.where(has, weight[:, None], 0.0)
        centre = (x * shares[:, owner]).sum(axis=0) / np.maximum(shares.sum(axis=0), 1e-300)[owner]
        x = np.where(has[:, owner], x - centre, 0.0)
        full = np.array([design.wide[name].shape[1] if len(rows) <= most else 0 for name in modalities])
        learnt = _Rows(x, has, weight, owner, np.maximum(full, widths))
        questions = questions_of(task, rows)
        fits = [_fit(one, learnt) for one in questions]
        each = max(_MOST_APART // max(len(questions), 1), _LEAST_APART)
        sure = np.array([_temperatures(one, learnt, task.of(rows), strengths, each) for one in questions])
        return [
            cls(
                modalities=tuple(modalities),
                prior=task.prior,
                directions=directions,
                widths=widths,
                centre=centre,
                places=np.array([one.place for one in questions], dtype=np.int64),
                sizes=np.array([len(one.seen) for one in questions], dtype=np.int64),
                seen=np.concatenate([np.zeros(0, dtype=np.int64), *(one.seen for one in questions)]),
                means=np.concatenate([np.zeros((0, len(centre))), *(means for means, _ in fits)]),
                covariances=np.array([shrunk(scatter, strength) for _, scatter in fits]).reshape(
                    -1, *[len(centre)] * 2
                ),
                temperatures=sure.reshape(-1, len(strengths))[:, position],
            )
            for position, strength in enumerate(strengths)
        ]

    def answer(self, design: Design, patterns: np.ndarray) -> np.ndarray:
        parts = [
            self._answer(design, patterns, np.arange(start, min(start + _AT_ONCE, len(design))))
            for start in range(0, len(design), _AT_ONCE)
        ]
        return np.concatenate([np.zeros((len(patterns), 0, len(self.prior))), *parts], axis=1)

    def _answer(self, design: Design, patterns: np.ndarray, some: np.ndarray) -> np.ndarray:
        mine = [design.names.index(name) for name in self.modalities]
        rows, subsets, where = distinct_subsets(design.present[some][:, mine], patterns[:, mine])
        x, _, _ = _coordinates(design, self.modalities, self.directions, some)
        x -= self.centre
        said = np.zeros((len(rows), len(self.prior)))
        kinds, kind_of = np.unique(subsets, axis=0, return_inverse=True)
        for number, kept in enumerate(kinds):
            if kept.any():
                asked = np.flatnonzero(kind_of.ravel() == number)
                said[asked] = self._evidence(x[rows[asked]], np.repeat(kept, self.widths))
        return said[where]

    def _evidence(self, x: np.ndarray, kept: np.ndarray) -> np.ndarray:
        """`[n, R]` from the coordinates `kept [D]` of rows `[n, D]`."""
        starts = np.concatenate([[0], np.cumsum(self.sizes)])
        scores = [
            _scores(x, self.means[start:stop], covariance, kept) / heat
            for (start, stop), covariance, heat in zip(
                pairwise(starts), self.covariances, self.temperatures, strict=True
            )
        ]
        seen = [self.seen[start:stop] for start, stop in pairwise(starts)]
        return evidence_from(scores, self.places, seen, self.prior, len(x))

    def export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        values = dict(vars(self))
        config = {"modalities": list(values.pop("modalities"))}
        directions = [values["directions"][name] for name in self.modalities]
        del values["directions"]
        return values | {f"directions/{i}": one for i, one in enumerate(directions)}, config

    @classmethod
    def restore(cls, arrays: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> Self:
        names = tuple(config["modalities"])
        directions = {name: arrays[f"directions/{i}"] for i, name in enumerate(names)}
        rest = {name: one for name, one in arrays.items() if not name.startswith("directions/")}
        rest.setdefault("temperatures", np.ones(len(rest["places"])))  # not in the first files
        return cls(modalities=names, directions=directions, **rest)


@dataclass(frozen=True)
class _Rows:
    """What is learnt from: coordinates `x [n, D]` around their mean, zero where absent; `has [n, m]`; `weight [n]`.

    `owner [D]` is whose each column is, and `full [m]` how many columns each modality had.
    """

    x: np.ndarray
    has: np.ndarray
    weight: np.ndarray
    owner: np.ndarray
    full: np.ndarray


def _directions(design: Design, name: str, rows: np.ndarray, most: int, seed: int) -> np.ndarray:
    """`[W, k]` of the rows that are learnt from; no columns where the modality has few enough."""
    wide = design.wide[name]
    if wide.shape[1] <= most:
        return np.zeros((wide.shape[1], 0))
    return principal_directions(wide[np.isin(design.rows(name), rows)], most, seed).astype(np.float64)


def _coordinates(
    design: Design, modalities: Sequence[str], directions: Mapping[str, np.ndarray], rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of rows `[n]`: `[n, D]` all modalities side by side, zero where absent; `[n, m]` what is there; `[m]` widths."""
    widths = np.array([directions[name].shape[1] or directions[name].shape[0] for name in modalities])
    x, start = np.zeros((len(rows), int(widths.sum()))), 0
    for name, width in zip(modalities, widths.tolist(), strict=True):
        if name in design.wide:
            place = np.full(len(design), -1)
            place[design.rows(name)] = np.arange(len(design.rows(name)))
            here = place[rows]
            wide, along = design.wide[name][here[here >= 0]], directions[name]
            dense = wide @ along if along.shape[1] else wide.toarray() if hasattr(wide, "toarray") else wide
            x[here >= 0, start : start + width] = dense
        start += width
    has = design.present[rows][:, [design.names.index(name) for name in modalities]]
    return x, has, widths


def _fit(question: Question, learnt: _Rows) -> tuple[np.ndarray, Scatter]:
    """Means `[C, D]` and the scatter around them, each modality over the rows that have it."""
    x, has, weight = (one[question.rows] for one in (learnt.x, learnt.has, learnt.weight))
    owner = learnt.owner
    means = np.zeros((len(question.seen), len(owner)))
    for place in range(has.shape[1]):
        here, mine = has[:, place], owner == place
        means[:, mine] = class_means(x[here][:, mine], question.codes[here], weight[here], len(question.seen))
    inside = np.where(has[:, owner], x - means[question.codes], 0.0)
    classes = np.array([len(np.unique(question.codes[here])) for here in has.T])
    return means, Scatter.of(inside, x, has, weight, owner, classes, learnt.full)


def _scores(x: np.ndarray, means: np.ndarray, covariance: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """`[n, C]` log likelihoods of the coordinates `kept [D]` of rows `[n, D]`, up to a constant a row."""
    means = means[:, kept]
    slopes = cho_solve(cho_factor(covariance[np.ix_(kept, kept)]), means.T)
    return np.asarray(x[:, kept] @ slopes - (means * slopes.T).sum(axis=1) / 2)


def _temperatures(question: Question, learnt: _Rows, task: Task, strengths: Sequence[float], most: int) -> np.ndarray:
    """`[S]` for each strength, by `most` rows; 1 where no row can be held out whose class is left."""
    rows, codes, seen = question.rows, question.codes, question.seen
    n_modalities = learnt.has.shape[1]
    most = min(most, _MOST_SCORES // (len(seen) * (n_modalities + 1)))
    if len(rows) > most:
        some = np.sort(np.random.default_rng(task.seed).choice(len(rows), most, replace=False))
        rows, codes = rows[some], codes[some]
    parts = held_apart(codes, None if task.groups is None else task.groups[rows], task.seed)
    fits = []
    for part in range(parts.max() + 1):
        rest = parts != part
        is_left = np.bincount(codes[rest], minlength=len(seen)) > 0
        asked = np.flatnonzero(~rest & is_left[codes])
        if len(asked) and is_left.sum() > 1:
            fits.append((asked, is_left, *_fit(Question(question.place, seen, rows[rest], codes[rest]), learnt)))
    if not fits:
        return np.ones(len(strengths))
    alone = np.eye(n_modalities, dtype=bool) if n_modalities > 1 else np.zeros((0, 1), dtype=bool)
    subsets = [*alone, np.ones(n_modalities, dtype=bool)]
    share = task.loss_weight if question.place < 0 else task.loss_weight[:, question.place]
    share = share / max(share[rows].mean(), 1e-300) / len(subsets)
    prior = task.prior[seen] if question.place < 0 else np.array([0.0, task.prior[question.place]])
    found = []
    for strength in strengths:
        told = []
        for asked, is_left, means, scatter in fits:
            covariance = shrunk(scatter, strength)
            for subset in subsets:
                whole = asked[learnt.has[rows[asked]][:, subset].all(axis=1)]
                scores = _scores(learnt.x[rows[whole]], means, covariance, subset[learnt.owner])
                told.append((np.where(is_left, scores, -np.inf), codes[whole], share[rows[whole]]))
        scores, true, counts = (np.concatenate(one) for one in zip(*told, strict=True))
        found.append(temperature(scores, true, counts, prior))
    return np.array(found)
