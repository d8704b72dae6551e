"""InfoNCE: which of all cells of the batch is the one of this row? Asked both ways, a stretch of rows at a time."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from polymodal.contrastive._contrast import Pair, Pairwise, spans
from polymodal.registry import CONTRASTS


@CONTRASTS.register("infonce")
class InfoNCE(Pairwise):
    """The symmetric softmax of CLIP (van den Oord et al. 2018; Radford et al. 2021) over every two modalities of a row.

    Memory is a stretch of rows by the batch: the normalisers are found in a first pass, the gradient in a second
    (as in Inf-CL, Cheng et al. 2024).
    """

    starts: ClassVar[float] = math.log(1 / 0.07)  # Radford et al. 2021

    def of_pair(self, position: int, pair: Pair, factor: Float[Tensor, ""]) -> Float[Tensor, ""]:
        return infonce_loss(pair, factor)


def infonce_loss(pair: Pair, factor: Float[Tensor, ""], at_once: int | None = None) -> Float[Tensor, ""]:
    """Mean over n rows, both ways, of the log of one over the share of the right one, or its mean over several.

    >>> x = torch.eye(2)
    >>> round(float(infonce_loss(Pair(x, x, None, None), torch.tensor(1.0))), 4)
    0.3133
    """
    loss: Tensor = _Mean.apply(pair.first, pair.second, factor, pair, at_once)
    return loss


class _Mean(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, first: Tensor, second: Tensor, factor: Tensor, pair: Pair, at_once: int | None) -> Tensor:
        x, y = first.float(), second.float()
        n = len(x)
        stretches = spans(n, *(() if at_once is None else (at_once,)))

        def similarities(start: int, stop: int) -> Tensor:
            raw = (x[start:stop] @ y.T).mul_(factor)
            alike = pair.alike(start, stop)
            return raw if alike is None else raw.masked_fill_(alike, -torch.inf)

        of_first, of_second = x.new_empty(n), x.new_full((n,), -torch.inf)
        right = x.new_empty(n)
        for start, stop in stretches:
            raw = similarities(start, stop)
            shares = pair.shares(start, stop)
            right[start:stop] = (
                raw.diagonal(start) if shares is None else torch.where(shares > 0, shares * raw, 0.0).sum(dim=1)
            )
            of_first[start:stop] = raw.logsumexp(dim=1)
            of_second = torch.logaddexp(of_second, raw.logsumexp(dim=0))
        slopes = [torch.zeros_like(x), torch.zeros_like(y), x.new_zeros(())]
        if any(ctx.needs_input_grad):
            for start, stop in stretches:
                raw = similarities(start, stop)
                slope = (raw - of_first[start:stop, None]).exp_()
                slope += raw.sub_(of_second).exp_()
                shares = pair.shares(start, stop)
                if shares is None:
                    slope.diagonal(start).sub_(2.0)
                else:
                    slope.sub_(shares, alpha=2.0)
                slope /= 2 * n
                toward = slope @ y
                slopes[0][start:stop] = toward * factor
                slopes[1].addmm_(slope.T, x[start:stop] * factor)
                slopes[2] += (toward * x[start:stop]).sum()
        ctx.save_for_backward(*slopes)
        return ((of_first + of_second) / 2 - right).mean()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by: Tensor) -> tuple[Tensor | None, ...]:
        return (*(by * slope for slope in ctx.saved_tensors), None, None)
