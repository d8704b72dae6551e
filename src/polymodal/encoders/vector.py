"""A panel of numbers to tokens: one hidden layer that is told which numbers are missing."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import nn

from polymodal.encoders._encoder import Encoder, all_real
from polymodal.registry import ENCODERS
from polymodal.schema.batch import Field, Tokens
from polymodal.schema.modality import Modality

N_TOKENS = 2


@ENCODERS.register("vector")
class VectorEncoder(Encoder):
    """`[n, F]` -> `[n, 2, D]`. A missing number adds a learned amount of its own instead of standing for zero."""

    kinds: ClassVar[tuple[str, ...]] = ("vector",)

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__(modality, statistics, width, dropout)
        features = len(statistics.mean)
        self.observed = nn.Linear(features, 2 * width)
        self.missing = nn.Linear(features, 2 * width, bias=False)
        nn.init.zeros_(self.missing.weight)
        self.input_dropout = nn.Dropout(dropout)
        self.hidden = nn.Sequential(
            nn.LayerNorm(2 * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(2 * width, N_TOKENS * width)
        )

    def forward(self, field: Field) -> Tokens:
        values = self.observed(self.input_dropout(field.values))
        if field.mask is not None and not bool(field.mask.all()):
            gaps = (~field.mask).to(values.dtype)
            values = values + self.missing(gaps) / torch.sqrt(gaps.sum(dim=1, keepdim=True).clamp(min=1))
        return all_real(self.hidden(values).unflatten(1, (N_TOKENS, -1)), field)
