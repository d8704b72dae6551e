"""Gradient-boosted trees on compact features, through LightGBM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from polymodal.errors import ArtifactError
from polymodal.learners._boosting import RATE, boost, load
from polymodal.learners._design import Design, distinct_subsets
from polymodal.learners._evidence import CLASSES, class_evidence
from polymodal.learners._learner import Learner, Task, usable
from polymodal.registry import LEARNERS

if TYPE_CHECKING:
    from lightgbm import Booster

_ROUNDS = (20.0, 40.0, 80.0, 160.0, 320.0)
_MANY = 1_000  # rows from which more rounds than those are tried while they help, up to
_MOST_ROUNDS, _MOST_WORK = 5_120, 2e10  # and as long as rows x columns x classes x rounds take about a minute
_FEW = 200  # rows below which so many rounds only learn by heart
_LOSSES = {"number": "regression", "survival": "cox", "multilabel": "binary"}
_OF_PARTS = 0.25  # what a row with modalities hidden counts for beside the row as it is
_AT_ONCE = 50_000  # rows times subsets answered at once


@LEARNERS.register("trees")
@dataclass(frozen=True)
class Trees(Learner):
    """LightGBM (Ke et al. 2017) on the modalities side by side, an absent one as missing values.

    Each row is learnt from twice, as it is and, for a quarter as much, with a subset of its modalities, so that the
    trees know what to make of the rest when some are hidden. The strength is the number of rounds at a learning rate
    of .05, which grows as long as that helps and takes no more than about a minute. Attributes: `models`, one a label
    for several labels, else one; `seen`, the classes that had rows; `scale`, of one step of a number's models.
    """

    views: ClassVar[tuple[str, ...]] = ("compact",)

    kind: str
    modalities: tuple[str, ...]
    prior: np.ndarray
    seen: np.ndarray
    widths: np.ndarray
    models: tuple[str, ...]
    scale: float
    rounds: int
    hints: Learner | None = None

    @classmethod
    def strengths(cls, n_rows: int) -> Sequence[float]:
        return _ROUNDS if n_rows >= _FEW else _ROUNDS[:-1]

    @classmethod
    def further(cls, last: float, design: Design, modalities: Sequence[str], task: Task) -> Sequence[float]:
        if len(task.labels) < _MANY:
            return ()
        n_columns = sum(design.compact[name].shape[1] for name in modalities if name in design.compact)
        loss = _LOSSES.get(task.target.kind, "multiclass" if len(task.prior) > 2 else "binary")
        n_outputs = 1 if loss in ("regression", "cox") or len(task.prior) == 2 else len(task.prior)
        a_round = len(design) * min(len(modalities), 2) * n_columns * n_outputs
        return [
            more
            for more in (2 * last, 4 * last)
            if more <= _MOST_ROUNDS and a_round * _rounds(loss, more) <= _MOST_WORK
        ]

    @classmethod
    def path(cls, design: Design, modalities: Sequence[str], task: Task, strengths: Sequence[float]) -> list[Self]:
        rows = usable(design, modalities, task)
        mine = np.array([design.names.index(name) for name in modalities])
        widths = np.array([design.compact[name].shape[1] for name in modalities])
        columns, owners, categorical = _columns(design, modalities, widths)
        random = np.random.default_rng(task.seed)
        x, again, subsets = columns[rows], rows, design.present[rows[:, None], mine]
        if len(modalities) > 1:
            kept = _some_of(subsets, random)
            x = np.concatenate([x, np.where(kept[:, owners], x, np.nan)])
            again, subsets = np.concatenate([rows, rows]), np.concatenate([subsets, kept])
        told, held_out = cls._hints(design, modalities, task, again, subsets)
        x = np.concatenate([x, held_out], axis=1)
        labels, weight, kind = task.labels.take(again), task.loss_weight[again], task.target.kind
        weight[len(rows) :] *= _OF_PARTS
        seen, values, scale = np.arange(len(task.prior)), labels.values, 1.0
        if kind in CLASSES:  # ordinal levels too: split by split, trees find their order
            seen, values = np.unique(values, return_inverse=True)
        if kind == "number":  # LightGBM holds labels in single precision, so they are brought to its range
            scale = float(np.sqrt(np.average((values - task.prior) ** 2, weights=weight))) or 1.0
            values = (values - task.prior) / scale
        loss = _LOSSES.get(kind) or ("binary" if len(seen) == 2 else "multiclass")
        asked = [(values, labels.known, weight)]
        if kind == "multilabel":
            asked = list(zip(values.T, labels.known.T, weight.T, strict=True))
        models = []
        for one, known, share in asked:
            varies = len(np.unique(one[known], axis=0)) > 1
            settings = (loss, _rounds(loss, max(strengths)), categorical, task)
            models.append(boost(x[known], one[known], share[known], *settings) if varies else "")
        return [
            cls(kind, tuple(modalities), task.prior, seen, widths, tuple(models), scale, _rounds(loss, strength), told)
            for strength in strengths
        ]

    @cached_property
    def _boosters(self) -> list[Booster | None]:
        return [load(model) if model else None for model in self.models]

    def answer(self, design: Design, patterns: np.ndarray) -> np.ndarray:
        mine = [design.names.index(name) for name in self.modalities]
        rows, subsets, where = distinct_subsets(design.present[:, mine], patterns[:, mine])
        columns, owners, _ = _columns(design, self.modalities, self.widths)
        said = np.zeros((len(rows), len(self.prior)))
        asked = np.flatnonzero(subsets.any(axis=1))
        for start in range(0, len(asked), _AT_ONCE):
            some = asked[start : start + _AT_ONCE]
            x = np.where(subsets[some][:, owners], columns[rows[some]], np.nan)
            said[some] = self._evidence(np.concatenate([x, self._hint(design, rows[some], subsets[some])], axis=1))
        return said[where]

    @classmethod
    def _hints(
        cls, design: Design, modalities: Sequence[str], task: Task, rows: np.ndarray, subsets: np.ndarray
    ) -> tuple[Learner | None, np.ndarray]:
        """Who gives further columns, and `[n, H]` of them for rows learnt from, by what had not seen the row."""
        return None, np.zeros((len(rows), 0), dtype=np.float32)

    def _hint(self, design: Design, rows: np.ndarray, subsets: np.ndarray) -> np.ndarray:
        """`[q, H]` the further columns of rows that are asked."""
        return np.zeros((len(rows), 0), dtype=np.float32)

    def _evidence(self, x: np.ndarray) -> np.ndarray:
        centre = np.zeros(1) if self.kind == "number" else self.prior
        raws = [
            np.full(len(x), centre[i])
            if one is None
            else np.asarray(one.predict(x, raw_score=True, num_iteration=self.rounds))
            for i, one in enumerate(self._boosters)
        ]
        if self.kind not in CLASSES:
            return self.scale * (np.stack(raws, axis=1) - centre)
        if len(self.seen) < 2:
            return np.zeros((len(x), len(self.prior)))
        raw = np.stack([-raws[0] / 2, raws[0] / 2], axis=1) if len(self.seen) == 2 else raws[0]
        return class_evidence(raw, self.seen, self.prior)

    def export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        texts = {f"model/{i}": np.frombuffer(m.encode(), dtype=np.uint8) for i, m in enumerate(self.models)}
        config = {"kind": self.kind, "modalities": list(self.modalities)}
        arrays = {"prior": self.prior, "seen": self.seen, "widths": self.widths, **texts}
        return arrays, {**config, "scale": self.scale, "rounds": self.rounds}

    @classmethod
    def restore(cls, arrays: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> Self:
        try:
            models = tuple(arrays[f"model/{i}"].tobytes().decode() for i in range(len(arrays) - 3))
        except UnicodeDecodeError as error:
            raise ArtifactError(f"the boosted trees in the file are damaged: {error}") from error
        return cls(
            config["kind"],
            tuple(config["modalities"]),
            arrays["prior"],
            arrays["seen"],
            arrays["widths"],
            models,
            config["scale"],
            config["rounds"],
        )


def _columns(design: Design, modalities: Sequence[str], widths: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """`[N, C]` compact columns side by side, NaN where absent; whose each is `[C]`; which of them hold codes."""
    columns = np.full((len(design), int(widths.sum())), np.nan, dtype=np.float32)
    categorical: list[int] = []
    start = 0
    for name, width in zip(modalities, widths.tolist(), strict=True):
        categorical += [start + column for column in design.categorical[name]]
        if name in design.compact:
            columns[design.rows(name), start : start + width] = design.compact[name]
        start += width
    return columns, np.repeat(np.arange(len(widths)), widths), categorical


def _rounds(loss: str, strength: float) -> int:
    return max(1, round(strength * RATE["regression"] / RATE[loss]))


def _some_of(present: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """For each row a random non-empty subset of what it has `[n, m]`."""
    kept = present & (random.random(present.shape) < 0.5)
    empty = np.flatnonzero(~kept.any(axis=1))
    chosen = np.argmax(present[empty] * random.random((len(empty), present.shape[1])), axis=1)
    kept[empty, chosen] = True
    return kept
