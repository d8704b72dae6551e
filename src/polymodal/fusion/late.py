"""Late fusion: each modality has its say by itself, and the says add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from polymodal.fusion._fusion import Fusion, known_rows, pooled
from polymodal.nn.named import Named
from polymodal.registry import FUSIONS
from polymodal.schema.batch import Fused, Tokens


@FUSIONS.register("late")
class LateFusion(Fusion):
    """The sum over present modalities of one small network each.

    The head above is linear, so logits are additive: a constant plus what each present modality adds. There are no
    interactions by construction.
    """

    def __init__(self, names: Sequence[str], width: int, dropout: float) -> None:
        super().__init__(names, width, dropout)
        self.voices = Named(
            {
                name: nn.Sequential(
                    nn.LayerNorm(width),
                    nn.Linear(width, 2 * width),
                    nn.GELU(),
                    nn.Dropout(dropout),
                    nn.Linear(2 * width, width),
                )
                for name in names
            }
        )
        self.constant = nn.Parameter(torch.zeros(width))

    def forward(self, tokens: Mapping[str, Tokens], size: int) -> Fused:
        values = self.constant.expand(size, -1)
        for name, one in tokens.items():
            said = self.voices[name](pooled(one))
            values = values.to(said.dtype).index_add(0, one.rows, said)
        known = known_rows(tokens, size, values)
        return Fused(values.masked_fill(~known[:, None], 0.0), known)
