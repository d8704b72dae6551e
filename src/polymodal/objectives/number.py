"""A real number: squared error on the standardised scale."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from polymodal.objectives._objective import Objective, row_weights, weighted_mean
from polymodal.registry import OBJECTIVES
from polymodal.schema.batch import KnownLabels
from polymodal.schema.target import Labels, Number


@OBJECTIVES.register("number")
class NumberObjective(Objective):
    """The mean, learnt as (y - mean) / spread of the training labels; the prior is their mean."""

    kinds: ClassVar[tuple[str, ...]] = ("number",)
    mean: Tensor
    std: Tensor

    def __init__(self, target: Number, width: int) -> None:
        super().__init__(target, width, 1)
        self.register_buffer("mean", torch.zeros((), dtype=torch.float64))
        self.register_buffer("std", torch.ones((), dtype=torch.float64))

    def measure(self, labels: Labels, weight: Tensor | None) -> None:
        share = row_weights(labels, weight)
        values = torch.from_numpy(labels.values).double()
        mean = (values * share).sum() / share.sum().clamp(min=1e-12)
        variance = ((values - mean) ** 2 * share).sum() / share.sum().clamp(min=1e-12)
        self.mean.copy_(mean)
        self.std.copy_(torch.where(variance > 0, variance.sqrt(), 1.0))

    def loss(self, raw: Tensor, labels: KnownLabels, present: Tensor, weight: Tensor | None) -> Tensor:
        wanted = ((labels.values.double() - self.mean) / self.std).to(raw.dtype)
        return weighted_mean((raw[:, 0] - wanted) ** 2, labels.known & present, weight)

    def outputs(self, raw: Tensor) -> Tensor:
        return raw.double() * self.std + self.mean
