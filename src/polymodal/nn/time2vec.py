"""Points in time as vectors: a line and waves of learned length."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Time2Vec(nn.Module):
    """`t -> [a t + b, sin(w t + p), ...]` with learned `a`, `b`, `w` and `p` (Kazemi et al. 2019).

    At first there are sines and cosines of `waves` frequencies between `slowest` and `fastest` turns a unit of time, so
    that the product of two vectors depends on how far apart they are, and on nothing else.

    >>> Time2Vec(3, 0.5, 8.0)(torch.zeros(2, 5)).shape
    torch.Size([2, 5, 7])
    """

    def __init__(self, waves: int, slowest: float, fastest: float) -> None:
        super().__init__()
        self.width = 1 + 2 * waves
        turns = torch.logspace(math.log2(slowest), math.log2(fastest), waves, base=2.0)
        self.speed = nn.Parameter(torch.cat([torch.ones(1), 2 * math.pi * turns.repeat(2)]))
        self.phase = nn.Parameter(torch.cat([torch.zeros(1 + waves), torch.full((waves,), math.pi / 2)]))

    def forward(self, times: Float[Tensor, "*N"]) -> Float[Tensor, "*N F"]:
        angles = times[..., None] * self.speed + self.phase
        return torch.cat([angles[..., :1], angles[..., 1:].sin()], dim=-1)
