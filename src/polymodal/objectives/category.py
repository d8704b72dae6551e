"""One class out of several: cross-entropy, answered with probabilities."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from polymodal.objectives._objective import Objective, row_weights, weighted_mean
from polymodal.registry import OBJECTIVES
from polymodal.schema.batch import KnownLabels
from polymodal.schema.target import Category, Labels


@OBJECTIVES.register("category")
class CategoryObjective(Objective):
    """Softmax over C classes; the prior is the share of each class in training, with one row spread over all."""

    kinds: ClassVar[tuple[str, ...]] = ("category",)

    classifies: ClassVar[bool] = True

    def __init__(self, target: Category, width: int) -> None:
        super().__init__(target, width, len(target.classes))

    def measure(self, labels: Labels, weight: Tensor | None) -> None:
        n_classes = len(self.prior)
        counts = torch.bincount(torch.from_numpy(labels.values), row_weights(labels, weight), minlength=n_classes)
        share = (counts + 1 / n_classes) / (counts.sum() + 1)
        self.prior.copy_(share.log())
        with torch.no_grad():
            self.head.bias.copy_(share.log())

    def loss(self, raw: Tensor, labels: KnownLabels, present: Tensor, weight: Tensor | None) -> Tensor:
        each = F.cross_entropy(raw, labels.values.long(), reduction="none")
        return weighted_mean(each, labels.known & present, weight)

    def outputs(self, raw: Tensor) -> Tensor:
        return torch.softmax(raw.double(), dim=-1)
