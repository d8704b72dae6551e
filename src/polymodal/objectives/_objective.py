"""What every objective is: a head, a loss over known labels, and a prior for rows with nothing to go by."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from polymodal.schema.batch import Fused, KnownLabels, Term
from polymodal.schema.target import Labels, Target


class Objective(nn.Module):
    """(Fused, labels) -> Term, and Fused -> outputs in the target's own terms.

    Built as `Objective(target, width)`. `n_raw` numbers leave the head; `outputs` turns them into probabilities, a
    mean or a risk. `kinds` names the targets it can learn,
    `is_relative` is as that of a target. Rows without a known label add nothing to the loss; rows
    without any modality get `prior`.
    """

    kinds: ClassVar[tuple[str, ...]]
    classifies: ClassVar[bool] = False
    is_relative: ClassVar[bool] = False
    prior: Tensor

    def __init__(self, target: Target, width: int, n_raw: int) -> None:
        super().__init__()
        self.head = nn.Linear(width, n_raw)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)
        self.register_buffer("prior", torch.zeros(n_raw))

    def raw(self, fused: Fused) -> Float[Tensor, "B R"]:
        """What the head says, and the prior where nothing was present."""
        said = self.head(fused.values).float()
        return torch.where(fused.known[:, None], said, self.prior)

    def forward(self, fused: Fused, labels: KnownLabels, weight: Float[Tensor, " B"] | None = None) -> Term:
        """The loss over rows that have both a known label and something to go by."""
        return Term(self.loss(self.head(fused.values).float(), labels, fused.known, weight))

    @abstractmethod
    def measure(self, labels: Labels, weight: Float[Tensor, " N"] | None) -> None:
        """Set the prior, and whatever scales the loss needs, from the training labels."""

    @abstractmethod
    def loss(
        self, raw: Float[Tensor, "B R"], labels: KnownLabels, present: Tensor, weight: Float[Tensor, " B"] | None
    ) -> Float[Tensor, ""]:
        """Weighted mean loss over rows `present` with known labels; zero, with gradient, when there are none."""

    @abstractmethod
    def outputs(self, raw: Float[Tensor, "B R"]) -> Float[Tensor, "B O"]:
        """Raw numbers as outputs: probabilities, a mean, a log risk."""


def weighted_mean(each: Tensor, counts: Tensor, weight: Tensor | None) -> Tensor:
    """Mean of `each` where, or as much as, `counts`, by `weight` of the rows (the first axis)."""
    share = counts.to(each.dtype)
    if weight is not None:
        share = share * weight.to(each.dtype).view(-1, *[1] * (each.ndim - 1))
    return (each * share).sum() / share.sum().clamp(min=1e-12)


def row_weights(labels: Labels, weight: Tensor | None) -> Tensor:
    """`[N]` float64 weights of the rows with known labels, for one-dimensional `known`."""
    known = torch.from_numpy(labels.known).double()
    return known if weight is None else known * weight.double()
