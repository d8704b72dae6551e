"""Concatenation with presence indicators: the classic baseline, kept honest about gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from polymodal.fusion._fusion import Fusion, known_rows, pooled
from polymodal.nn.named import Named
from polymodal.registry import FUSIONS
from polymodal.schema.batch import Fused, Tokens


@FUSIONS.register("concat")
class ConcatFusion(Fusion):
    """Modality vectors side by side, zeros and a 0 indicator for the absent, through a two-layer network."""

    def __init__(self, names: Sequence[str], width: int, dropout: float) -> None:
        super().__init__(names, width, dropout)
        self.names, self.width = tuple(names), width
        self.norms = Named({name: nn.LayerNorm(width) for name in names})
        self.mix = nn.Sequential(
            nn.Linear(len(names) * (width + 1), 2 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
            nn.LayerNorm(width),
        )

    def forward(self, tokens: Mapping[str, Tokens], size: int) -> Fused:
        like = next(self.mix.parameters())
        slots, indicators = [], []
        for name in self.names:
            slot, indicator = like.new_zeros(size, self.width), like.new_zeros(size, 1)
            if name in tokens:
                said = self.norms[name](pooled(tokens[name]))
                slot = slot.to(said.dtype).index_copy(0, tokens[name].rows, said)
                indicator[tokens[name].rows] = 1.0
            slots.append(slot)
            indicators.append(indicator)
        values = self.mix(torch.cat([*slots, *indicators], dim=1))
        known = known_rows(tokens, size, values)
        return Fused(values.masked_fill(~known[:, None], 0.0), known)
