"""Several yes/no labels: one logistic loss each, gaps left out one by one."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from polymodal.objectives._objective import Objective, weighted_mean
from polymodal.registry import OBJECTIVES
from polymodal.schema.batch import KnownLabels
from polymodal.schema.target import Labels, Multilabel


@OBJECTIVES.register("multilabel")
class MultilabelObjective(Objective):
    """L independent probabilities; the prior is the share of each label where it is known, smoothed by one row."""

    kinds: ClassVar[tuple[str, ...]] = ("multilabel",)

    classifies: ClassVar[bool] = True
    class_weight: Tensor

    def __init__(self, target: Multilabel, width: int) -> None:
        super().__init__(target, width, len(target.classes))
        self.register_buffer("class_weight", torch.from_numpy(target.class_weights).float(), persistent=False)

    def measure(self, labels: Labels, weight: Tensor | None) -> None:
        known = torch.from_numpy(labels.known).double()
        if weight is not None:
            known = known * weight.double()[:, None]
        values = torch.from_numpy(labels.values)
        known = known * torch.where(values > 0.5, self.class_weight.double(), 1.0)
        share = ((values * known).sum(dim=0) + 0.5) / (known.sum(dim=0) + 1)
        self.prior.copy_(torch.logit(share))
        with torch.no_grad():
            self.head.bias.copy_(torch.logit(share))

    def loss(self, raw: Tensor, labels: KnownLabels, present: Tensor, weight: Tensor | None) -> Tensor:
        each = F.binary_cross_entropy_with_logits(raw, labels.values.to(raw.dtype), reduction="none")
        emphasis = torch.where(labels.values > 0.5, self.class_weight, 1.0)
        return weighted_mean(each, (labels.known & present[:, None]) * emphasis, weight)

    def outputs(self, raw: Tensor) -> Tensor:
        return torch.sigmoid(raw.double())
