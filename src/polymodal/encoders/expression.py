"""Counts of genes to tokens: an embedding a gene, weighed by how much of it there is, over the genes measured."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import nn

from polymodal.encoders._encoder import Encoder, all_real
from polymodal.registry import ENCODERS
from polymodal.schema.batch import Field, Tokens
from polymodal.schema.modality import Modality

N_TOKENS = 2


@ENCODERS.register("expression")
class ExpressionEncoder(Encoder):
    """`[n, 1 + G]` -> `[n, 2, D]`: embeddings of the genes measured, times their values, added up; the library size.

    A sum over whatever genes there are is a function of a set (Zaheer et al. 2017, Deep Sets): what a panel lacks is
    neither filled nor seen. It is scaled to be as large for a small panel as for a full one.
    """

    kinds: ClassVar[tuple[str, ...]] = ("expression",)

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__(modality, statistics, width, dropout)
        self.genes = nn.Linear(len(statistics.genes), 2 * width, bias=False)
        self.whole = nn.Linear(2, 2 * width)
        self.input_dropout = nn.Dropout(dropout)
        self.hidden = nn.Sequential(
            nn.LayerNorm(2 * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(2 * width, N_TOKENS * width)
        )

    def forward(self, field: Field) -> Tokens:
        assert field.mask is not None
        size, values = field.cleared().values.split([1, field.values.shape[1] - 1], dim=1)
        share = field.mask[:, 1:].to(values.dtype).mean(dim=1, keepdim=True)
        told = self.genes(self.input_dropout(values)) / share.sqrt()
        told = told + self.whole(torch.cat([size, share - 1], dim=1))
        return all_real(self.hidden(told).unflatten(1, (N_TOKENS, -1)), field)
