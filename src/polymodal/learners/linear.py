"""Linear models on wide features: ridge, logistic, ordinal or Cox, by the kind of target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import torch
from scipy.sparse import csr_matrix, hstack, issparse

from polymodal.features._features import Matrix
from polymodal.learners._design import Design
from polymodal.learners._evidence import CLASSES, class_evidence
from polymodal.learners._learner import Learner, Task, usable
from polymodal.learners._solvers import Fit, cox, logistic, ordinal, ridge
from polymodal.objectives.ordinal import log_probabilities
from polymodal.registry import LEARNERS

_STRENGTHS = (0.02, 0.1, 0.5, 2.5, 12.0, 60.0, 300.0)
_MANY = 10_000  # rows from which only the middle of the path is worth its time


@LEARNERS.register("linear")
@dataclass(frozen=True)
class Linear(Learner):
    """A sum over modalities of linear scores, so that any subset is answered by the terms that are there.

    Each modality's block is brought to rows of unit length on average, which makes one strength mean the same for ten
    columns and ten thousand. Attributes: `scales [m]`, `coefficients` of all blocks one below the other `[W, R]`,
    `offsets [m, R]` added where a modality is present, `intercepts [R]`, `seen` the classes that had rows.
    """

    views: ClassVar[tuple[str, ...]] = ("wide",)
    least: ClassVar[int] = 2

    kind: str
    modalities: tuple[str, ...]
    prior: np.ndarray
    seen: np.ndarray
    scales: np.ndarray
    widths: np.ndarray
    coefficients: np.ndarray
    offsets: np.ndarray
    intercepts: np.ndarray

    @classmethod
    def strengths(cls, n_rows: int) -> Sequence[float]:
        return _STRENGTHS if n_rows < _MANY else (0.5, 2.5, 12.0)

    @classmethod
    def path(cls, design: Design, modalities: Sequence[str], task: Task, strengths: Sequence[float]) -> list[Self]:
        rows = usable(design, modalities, task)
        blocks, scales = zip(*(_block(design, name, rows) for name in modalities), strict=True)
        mine = np.array([design.names.index(name) for name in modalities])
        has = design.present[rows[:, None], mine].astype(np.float32)
        some_lack = not has.all()
        x = _side_by_side([*blocks, has] if some_lack else list(blocks))
        widths = np.array([block.shape[1] for block in blocks])
        found = []
        for seen, (coefficients, intercepts) in _fits(task, rows, x, strengths):
            offsets = np.zeros((len(modalities), coefficients.shape[1]))
            if some_lack:
                offsets = coefficients[widths.sum() :]
            # A number may be in any unit; single precision holds only some.
            unit = (float(np.abs(coefficients).max(initial=0.0)) or 1.0) if task.target.kind == "number" else 1.0
            found.append(
                cls(
                    kind=task.target.kind,
                    modalities=tuple(modalities),
                    prior=task.prior,
                    seen=seen,
                    scales=np.array(scales) * unit,
                    widths=widths,
                    coefficients=np.ascontiguousarray(coefficients[: widths.sum()] / unit, dtype=np.float32),
                    offsets=np.asarray(offsets, dtype=np.float64),
                    intercepts=np.asarray(intercepts, dtype=np.float64),
                )
            )
        return found

    def answer(self, design: Design, patterns: np.ndarray) -> np.ndarray:
        mine = [design.names.index(name) for name in self.modalities]
        n, n_raw = len(design), self.coefficients.shape[1]
        parts = np.zeros((n, len(mine), n_raw))
        starts = np.concatenate([[0], np.cumsum(self.widths)])
        for position, name in enumerate(self.modalities):
            if name in design.wide:
                block = self.coefficients[starts[position] : starts[position + 1]]
                said = np.asarray(design.wide[name] @ block, dtype=np.float64) * self.scales[position]
                parts[design.rows(name), position] = said + self.offsets[position]
        kept = patterns[:, None, mine] & design.present[None, :, mine]
        raw = np.einsum("pnm,nmr->pnr", kept.astype(np.float64), parts) + self.intercepts
        return np.where(kept.any(axis=2)[:, :, None], self._evidence(raw), 0.0)

    def _evidence(self, raw: np.ndarray) -> np.ndarray:
        if self.kind == "ordinal":
            raw = log_probabilities(torch.from_numpy(raw)).numpy()
        return class_evidence(raw, self.seen, self.prior) if self.kind in CLASSES else raw - self.prior

    def export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        values = dict(vars(self))
        config = {"kind": values.pop("kind"), "modalities": list(values.pop("modalities"))}
        return values, config

    @classmethod
    def restore(cls, arrays: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> Self:
        return cls(kind=config["kind"], modalities=tuple(config["modalities"]), **arrays)


def _block(design: Design, name: str, rows: np.ndarray) -> tuple[Matrix, float]:
    """The columns of a modality for some rows, zero where it is absent, and what they were scaled by."""
    here = design.rows(name)
    place = np.full(len(design), -1)
    place[here] = np.arange(len(here))
    wanted = place[rows]
    has = np.flatnonzero(wanted >= 0)
    own = design.wide[name][wanted[has]]
    square = own.multiply(own).sum() if issparse(own) else float((own.astype(np.float64) ** 2).sum())
    scale = 1 / np.sqrt(max(square / max(len(has), 1), 1e-12))
    if len(has) == len(rows):
        return own * scale, scale
    if issparse(own):
        spread = csr_matrix((np.ones(len(has)), (has, np.arange(len(has)))), shape=(len(rows), len(has)))
        return csr_matrix(spread @ own) * scale, scale
    block = np.zeros((len(rows), own.shape[1]), dtype=np.float32)
    block[has] = own * scale
    return block, scale


def _side_by_side(blocks: Sequence[Matrix]) -> Matrix:
    if any(issparse(block) for block in blocks):
        return csr_matrix(hstack(blocks))
    return np.concatenate(blocks, axis=1)


def _fits(task: Task, rows: np.ndarray, x: Matrix, strengths: Sequence[float]) -> list[tuple[np.ndarray, Fit]]:
    labels, weight = task.labels.take(rows), task.loss_weight[rows]
    everything = np.arange(len(task.prior))
    if task.target.kind == "category":
        seen = np.unique(labels.values)
        return [(seen, fit) for fit in logistic(x, labels.values, weight, strengths)]
    if task.target.kind == "ordinal":
        seen, codes = np.unique(labels.values, return_inverse=True)
        return [(seen, fit) for fit in ordinal(x, codes, weight, strengths)]
    if task.target.kind == "survival":
        return [(everything, fit) for fit in cox(x, labels.values, weight, strengths)]
    if task.target.kind == "number":
        return [(everything, fit) for fit in ridge(x, labels.values, weight, strengths)]
    columns = [
        _one_label(task, x, labels.values[:, i], labels.known[:, i], weight[:, i], i, strengths)
        for i in range(len(task.prior))
    ]
    joined = [
        (np.concatenate([c for c, _ in fits], axis=1), np.concatenate([b for _, b in fits]))
        for fits in zip(*columns, strict=True)
    ]
    return [(everything, fit) for fit in joined]


def _one_label(
    task: Task, x: Matrix, values: np.ndarray, known: np.ndarray, weight: np.ndarray, label: int, strengths: Any
) -> list[Fit]:
    if len(np.unique(values[known])) < 2:
        return [(np.zeros((x.shape[1], 1)), task.prior[[label]]) for _ in strengths]
    fits = logistic(x[known], values[known].astype(np.int64), weight[known], strengths)
    return [(2 * coefficients[:, 1:], 2 * intercepts[1:]) for coefficients, intercepts in fits]
