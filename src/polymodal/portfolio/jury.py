"""Rows held out as judges: the loss of anything said about them, pattern by pattern."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
    """

    target: Target
    prior: np.ndarray
    present: np.ndarray
    patterns: np.ndarray
    labels: Labels
    weight: np.ndarray

    @property
    def n(self) -> int:
        """How many rows."""
        return len(self.present)

    def problems(self, evidence: np.ndarray) -> Iterator[tuple[int, Problem]]:
        """For each pattern that rows have all of: its position, and those rows with the evidence `[K, P, N, R]`."""
        for position, pattern in enumerate(self.patterns):
            rows = np.flatnonzero(self.labels.known_rows & (self.present | ~pattern).all(axis=1))
            if len(rows) and pattern.any():
                told = (self.labels.take(rows), self.weight[rows])
                yield position, Problem(self.target, self.prior, evidence[:, position, rows], *told)

    def loss(self, evidence: np.ndarray) -> float:
        """Mean loss a row of one member's evidence `[P, N, R]` as it stands, all patterns alike."""
        one = torch.ones(1, dtype=torch.float64)
        with torch.no_grad():
            found = [float(each.loss(one)) / each.total for _, each in self.problems(evidence[None])]
        return float(np.mean(found)) if found else 0.0


class Problem:
    """The loss, in nats, of weights on the rows of one pattern."""

    def __init__(
        self, target: Target, prior: np.ndarray, evidence: np.ndarray, labels: Labels, weight: np.ndarray
    ) -> None:
        self.kind, self.n = target.kind, evidence.shape[1]
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
        """Total over the rows of the loss of the weighed evidence; `weights [K]`."""
        raw = self.prior + torch.einsum("k,knr->nr", weights, self.evidence)
        if self.kind in CLASSES:
            each = F.cross_entropy(raw, self.values, reduction="none")
        elif self.kind == "multilabel":
            each = F.binary_cross_entropy_with_logits(raw, self.values, reduction="none") * self.known
        elif self.kind == "survival":
            events = (self.values[:, 1] * self.weight).sum()
            return events * cox_loss(raw[:, 0], self.values[:, 0], self.values[:, 1], self.weight)
        else:
            each = (self.values - raw[:, 0]).square() / (2 * self.variance)
        return (each * self.weight).sum()
