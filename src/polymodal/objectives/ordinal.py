"""One level out of several in order: proportional odds, answered with probabilities."""

from __future__ import annotations

from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from polymodal.objectives._objective import Objective, row_weights, weighted_mean
from polymodal.registry import OBJECTIVES
from polymodal.schema.batch import KnownLabels
from polymodal.schema.target import Labels, Ordinal

_LEAST_GAP = 1e-6  # between two cutpoints; below it single precision cannot tell the level between them from none


class CumulativeHead(nn.Linear):
    """One score a row and L - 1 cutpoints: logits of passing each level but the last, never rising.

    Scores that share their weights make the answers rank-consistent (Cao et al. 2020) as long as the cutpoints are in
    order, and sorting them keeps them so.
    """

    def __init__(self, width: int, n_levels: int) -> None:
        super().__init__(width, 1)
        self.bias = nn.Parameter(torch.zeros(n_levels - 1))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, values: Float[Tensor, "B D"]) -> Float[Tensor, "B K"]:
        return F.linear(values, self.weight) + self.bias.sort(descending=True).values


@OBJECTIVES.register("ordinal")
class OrdinalObjective(Objective):
    """The likelihood of proportional odds (McCullagh 1980) over L levels.

    The prior is the share of each level in training, with one row spread over all.
    """

    kinds: ClassVar[tuple[str, ...]] = ("ordinal",)
    classifies: ClassVar[bool] = True
    class_weight: Tensor

    def __init__(self, target: Ordinal, width: int) -> None:
        n_levels = len(target.levels)
        super().__init__(target, width, n_levels - 1)
        self.head = CumulativeHead(width, n_levels)
        self.register_buffer("class_weight", torch.from_numpy(target.class_weights).float(), persistent=False)

    def measure(self, labels: Labels, weight: Tensor | None) -> None:
        n_levels = len(self.prior) + 1
        values = torch.from_numpy(labels.values)
        counts = torch.bincount(values, row_weights(labels, weight), minlength=n_levels) * self.class_weight.double()
        counts += 1 / n_levels
        passed = counts.flip(0).cumsum(0).flip(0)[1:] / counts.sum()
        self.prior.copy_(torch.logit(passed))
        with torch.no_grad():
            self.head.bias.copy_(self.prior)

    def loss(self, raw: Tensor, labels: KnownLabels, present: Tensor, weight: Tensor | None) -> Tensor:
        values = labels.values.long()
        each = F.nll_loss(log_probabilities(raw), values, reduction="none")
        return weighted_mean(each, (labels.known & present) * self.class_weight[values], weight)

    def outputs(self, raw: Tensor) -> Tensor:
        return log_probabilities(raw.double()).exp()


def log_probabilities(passed: Float[Tensor, "... K"]) -> Float[Tensor, "... L"]:
    """Log probability of each of L = K + 1 levels, from logits of passing each but the last, which never rise.

    A level's probability is that of passing the one below less that of passing itself; as a product,
    s(a) - s(b) = s(a) s(-b) (1 - exp(b - a)), it keeps its digits.

    >>> log_probabilities(torch.tensor([0.0, -1.0986123])).exp()
    tensor([0.5000, 0.2500, 0.2500])
    """
    if passed.shape[-1] == 0:  # a single level is certain
        return passed.new_zeros((*passed.shape[:-1], 1))
    reached, stayed = F.logsigmoid(passed), F.logsigmoid(-passed)
    gap = (passed[..., :-1] - passed[..., 1:]).clamp(min=_LEAST_GAP)
    between = reached[..., :-1] + stayed[..., 1:] + torch.log(-torch.expm1(-gap))
    return torch.cat([stayed[..., :1], between, reached[..., -1:]], dim=-1)
