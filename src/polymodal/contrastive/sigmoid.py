"""Pairwise sigmoid: is this pair of cells of one row or not? Asked of every pair, a stretch of rows at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from polymodal.contrastive._contrast import Pair, Pairwise, spans
from polymodal.registry import CONTRASTS


@CONTRASTS.register("sigmoid")
class Sigmoid(Pairwise):
    """SigLIP (Zhai et al. 2023) over every two modalities that a row has, a factor and an offset for each two.

    A cell that is absent is in no pair, so the loss of partly paired rows is that of the rows that are paired. Memory
    is a stretch of rows by the batch, not the batch squared: the gradient is taken along with the loss.

    What is learnt of the offset counts from the odds of chance, one to as many as the batch has others: the -10 that
    Zhai et al. start from is that for their 32,768 rows, and takes hundreds of steps to unlearn in a batch of 64.
    """

    starts: ClassVar[float] = math.log(10.0)  # Zhai et al. 2023

    def __init__(self, names: Sequence[str], width: int, hub: str | None = None) -> None:
        super().__init__(names, width, hub)
        self.offset = nn.Parameter(torch.zeros(len(self.pairs)))

    def of_pair(self, position: int, pair: Pair, factor: Float[Tensor, ""]) -> Float[Tensor, ""]:
        return sigmoid_loss(pair, factor, self.offset[position] - math.log(max(len(pair) - 1, 1)))


def sigmoid_loss(
    pair: Pair, factor: Float[Tensor, ""], offset: Float[Tensor, ""], at_once: int | None = None
) -> Float[Tensor, ""]:
    """Mean over n rows of the loss of each against all; `at_once` similarities are held at a time.

    >>> x = torch.eye(2)
    >>> round(float(sigmoid_loss(Pair(x, x, None, None), torch.tensor(1.0), torch.tensor(0.0))), 4)
    1.0064
    """
    loss: Tensor = _Summed.apply(pair.first, pair.second, factor, offset, pair, at_once)
    return loss / len(pair)


class _Summed(torch.autograd.Function):
    """The sum over all pairs. What `backward` needs is added up while the similarities are there, and none is kept."""

    @staticmethod
    def forward(
        ctx: Any, first: Tensor, second: Tensor, factor: Tensor, offset: Tensor, pair: Pair, at_once: int | None
    ) -> Tensor:
        x, y = first.float(), second.float()
        wants = any(ctx.needs_input_grad)
        total = x.new_zeros((), dtype=torch.float64)
        slopes = [torch.zeros_like(x), torch.zeros_like(y), x.new_zeros(()), x.new_zeros(())]
        for start, stop in spans(len(x), *(() if at_once is None else (at_once,))):
            raw = (x[start:stop] @ y.T).mul_(factor).add_(offset)
            alike, shares = pair.alike(start, stop), pair.shares(start, stop)
            right = raw.diagonal(start) if shares is None else shares * raw
            total -= right.sum(dtype=torch.float64)  # softplus(-s) = softplus(s) - s
            if alike is not None:
                raw.masked_fill_(alike, -torch.inf)
            # Several right ones count together as much as one.
            counts = None if shares is None else torch.where(shares > 0, shares, 1.0)
            each = F.softplus(raw)
            total += (each if counts is None else each.mul_(counts)).sum(dtype=torch.float64)
            if wants:
                slope = raw.sigmoid_()
                if counts is None or shares is None:
                    slope.diagonal(start).sub_(1.0)
                else:
                    slope.mul_(counts).sub_(shares)
                toward = slope @ y
                slopes[0][start:stop] = toward * factor
                slopes[1].addmm_(slope.T, x[start:stop] * factor)
                slopes[2] += (toward * x[start:stop]).sum()
                slopes[3] += slope.sum()
        ctx.save_for_backward(*slopes)
        return total.float()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by: Tensor) -> tuple[Tensor | None, ...]:
        return (*(by * slope for slope in ctx.saved_tensors), None, None)
