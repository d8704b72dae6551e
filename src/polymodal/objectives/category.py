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
    class_weight: Tensor

    def __init__(self, target: Category, width: int) -> None:
        super().__init__(target, width, len(target.classes))
        self.register_buffer("class_weight", torch.from_numpy(target.class_weights).float(), persistent=False)

    def measure(self, labels: Labels, weight: Tensor | None) -> None:
        n_classes = len(self.prior)
        values = torch.from_numpy(labels.values)
        counts = torch.bincount(values, row_weights(labels, weight), minlength=n_classes) * self.class_weight.double()
        share = (counts + 1 / n_classes) / (counts.sum() + 1)
        self.prior.copy_(share.log())
        with torch.no_grad():
            self.head.bias.copy_(share.log())

    def loss(self, raw: Tensor, labels: KnownLabels, present: Tensor, weight: Tensor | None) -> Tensor:
        values = labels.values.long()
        each = F.cross_entropy(raw, values, reduction="none")
        return weighted_mean(each, (labels.known & present) * self.class_weight[values], weight)

    def outputs(self, raw: Tensor) -> Tensor:
        return torch.softmax(raw.double(), dim=-1)
