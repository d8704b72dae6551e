"""A moment to tokens: waves through each cycle of the calendar, and waves over the training range."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from polymodal.encoders._encoder import Encoder, all_real
from polymodal.modalities.moment import CYCLES
from polymodal.registry import ENCODERS
from polymodal.schema.batch import Field, Tokens
from polymodal.schema.modality import Modality

WAVES = 4  # of each cycle: the longest as long as it, then halves, thirds and quarters
OCTAVES = 4  # of the trend, the longest wave two training ranges long, each further one half as long


@ENCODERS.register("moment")
class MomentEncoder(Encoder):
    """`[n, 6]` -> `[n, 2, D]`: one token of the calendar, one of the trend.

    Cycles enter as sines and cosines of fixed lengths, which a network then mixes (Kazemi et al. 2019, Time2Vec); the
    trend as itself and by waves of ever half the length, as places in a sentence do (Vaswani et al. 2017).
    """

    kinds: ClassVar[tuple[str, ...]] = ("moment",)

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__(modality, statistics, width, dropout)
        self.calendar = _mixed(2 * WAVES * len(CYCLES), width, dropout)
        self.trend = _mixed(1 + 2 * OCTAVES, width, dropout)

    def forward(self, field: Field) -> Tokens:
        trend, phases = field.values[:, :1], field.values[:, 1:]
        steps = torch.arange(1, WAVES + 1, device=phases.device, dtype=phases.dtype)
        cycles = _waves(2 * math.pi * phases[:, :, None] * steps)
        octaves = 2.0 ** torch.arange(OCTAVES, device=trend.device, dtype=trend.dtype)
        line = torch.cat([trend, _waves(math.pi * trend[:, :, None] * octaves)], dim=1)
        return all_real(torch.stack([self.calendar(cycles), self.trend(line)], dim=1), field)


def _waves(angles: Tensor) -> Tensor:
    return torch.cat([angles.sin(), angles.cos()], dim=2).flatten(1)


def _mixed(inputs: int, width: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, 2 * width),
        nn.LayerNorm(2 * width),
        nn.GELU(),
        nn.Dropout(dropout),
        nn.Linear(2 * width, width),
    )
