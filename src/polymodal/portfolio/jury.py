"""Rows held out as judges: the loss of anything said about them, pattern by pattern."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from polymodal.learners._evidence import CLASSES
from polymodal.objectives.survival import cox_loss
from polymodal.schema.target import Labels, Target


@dataclass(frozen=True)
class Jury:
    """N rows that nobody who is judged has learnt from.

    Attributes:
        target: resolved settings.
        prior: `[R]` what is known of a row with nothing.
        present: `[N, M]`.
        patterns: `[P, M]` under which answers are judged.
        labels, weight: of the N rows. Losses count classes by their weights, as in the fit; scores do not.
        groups: `[N]` codes of rows that belong together, or None.
    """

    target: Target
    prior: np.ndarray
    present: np.ndarray
    patterns: np.ndarray
    labels: Labels
    weight: np.ndarray
    groups: np.ndarray | None = None

    @property
    def n(self) -> int:
        """How many rows."""
        return len(self.present)

    def problems(self, evidence: np.ndarray) -> Iterator[tuple[int, Problem]]:
        """For each pattern that rows have all of: its position, and those rows with the evidence `[K, P, N, R]`."""
        for position, rows in self._judged:
            told = (self.labels.take(rows), self.weight[rows], None if self.groups is None else self.groups[rows])
            yield position, Problem(self.target, self.prior, evidence[:, position, rows], *told)

    def loss(self, evidence: np.ndarray) -> float:
        """Mean loss a row of one member's evidence `[P, N, R]` as it stands, all patterns alike."""
        if not self._judged:
            return 0.0
        if self.target.is_relative:  # rows are judged against one another, pattern by pattern
            one = torch.ones(1, dtype=torch.float64)
            with torch.no_grad():
                return float(np.mean([float(each.loss(one)) / each.total for _, each in self.problems(evidence[None])]))
        every = self._every_pattern
        said = torch.from_numpy(evidence[every.positions, every.rows].astype(np.float64))
        each = losses(self.target.kind, torch.from_numpy(self.prior) + said, every.values, every.known, every.variance)
        return float((each * every.share).sum()) / len(self._judged)

    @cached_property
    def _judged(self) -> list[tuple[int, np.ndarray]]:
        """Patterns that rows with a known label have all of, and those rows."""
        known = self.labels.known_rows
        held = [np.flatnonzero(known & (self.present | ~pattern).all(axis=1)) for pattern in self.patterns]
        return [(position, rows) for position, rows in enumerate(held) if len(rows) and self.patterns[position].any()]

    @cached_property
    def _every_pattern(self) -> _EveryPattern:
        """What never changes from one member to the next, of all patterns one below the other."""
        positions, rows = zip(*self._judged, strict=True)
        nothing = np.broadcast_to(0.0, (1, len(self.patterns), self.n, len(self.prior)))
        problems = [one for _, one in self.problems(nothing)]
        return _EveryPattern(
            np.repeat(positions, [len(one) for one in rows]),
            np.concatenate(rows),
            torch.cat([one.values for one in problems]),
            torch.cat([one.known for one in problems]),
            torch.cat([one.weight / one.total for one in problems]),
            torch.cat([torch.full((one.n,), one.variance, dtype=torch.float64) for one in problems]),
        )


@dataclass(frozen=True)
class _EveryPattern:
    """Q rows, each under one of the patterns that it is judged in, whose shares of the loss sum to one a pattern."""

    positions: np.ndarray
    rows: np.ndarray
    values: Tensor
    known: Tensor
    share: Tensor
    variance: Tensor


def losses(kind: str, raw: Tensor, values: Tensor, known: Tensor, variance: Tensor | float) -> Tensor:
    """In nats, of each row, or of each label of each row; `raw [n, R]` are log probabilities or a number."""
    if kind in CLASSES:
        return F.cross_entropy(raw, values, reduction="none")
    if kind == "multilabel":
        return F.binary_cross_entropy_with_logits(raw, values, reduction="none") * known
    return (values - raw[:, 0]).square() / (2 * variance)


class Problem:
    """The loss, in nats, of weights on the rows of one pattern."""

    def __init__(
        self,
        target: Target,
        prior: np.ndarray,
        evidence: np.ndarray,
        labels: Labels,
        weight: np.ndarray,
        groups: np.ndarray | None = None,
    ) -> None:
        self.kind, self.n, self.groups = target.kind, evidence.shape[1], groups
        self.is_relative = target.is_relative
        self.prior = torch.from_numpy(prior)
        self.evidence = torch.from_numpy(np.ascontiguousarray(evidence, dtype=np.float64))
        self.values, self.known = torch.from_numpy(labels.values), torch.from_numpy(labels.known)
        self.weight = torch.from_numpy(target.loss_weight(labels, weight))
        self.total = max(float(self.weight.sum()) / self.weight[:1].numel(), 1e-12)
        self.variance = 1.0
        if self.kind == "number":
            self.variance = float((self.values - self.prior).square().mean()) or 1.0

    def sharpen(self) -> Problem:
        """Numbers judged on the scale of what the best member leaves unexplained, not of the numbers themselves."""
        if self.kind == "number":
            left = (self.values - self.prior - self.evidence[:, :, 0]).square().mean(dim=1)
            self.variance = max(min(self.variance, float(left.min())), 1e-12 * self.variance)
        return self

    @property
    def says_anything(self) -> bool:
        """Whether any member has evidence here."""
        return bool((self.evidence != 0).any())

    def loss(self, weights: Tensor) -> Tensor:
        """Total over the rows of the loss of the weighed evidence; `weights` are `[K]`, or each row's own `[n, K]`."""
        by_row = "k,knr->nr" if weights.dim() == 1 else "nk,knr->nr"
        raw = self.prior + torch.einsum(by_row, weights, self.evidence)
        if self.is_relative:
            events = (self.values[:, 1] * self.weight).sum()
            return events * cox_loss(raw[:, 0], self.values[:, 0], self.values[:, 1], self.weight)
        return (losses(self.kind, raw, self.values, self.known, self.variance) * self.weight).sum()
