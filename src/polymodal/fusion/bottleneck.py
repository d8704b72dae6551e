"""Bottleneck fusion: modalities keep to themselves, and meet in a few shared tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Bool
from torch import Tensor, nn

from polymodal.fusion._cells import presence
from polymodal.fusion._fusion import Fusion, known_rows, under_patterns
from polymodal.nn.attention import Block
from polymodal.nn.named import Named
from polymodal.registry import FUSIONS
from polymodal.schema.batch import Fused, Tokens

SHARED = 2


@FUSIONS.register("bottleneck")
class BottleneckFusion(Fusion):
    """Attention bottlenecks (Nagrani et al. 2021, arXiv 2107.00135): two blocks a modality, a few shared tokens.

    In a block the tokens of a modality attend to each other and to the shared ones; the shared tokens of a row are
    then the mean of what the blocks of its present modalities made of them. The first block has heard of no other
    modality yet, so it runs once a cell, whatever the number of subsets.
    """

    def __init__(self, names: Sequence[str], width: int, dropout: float) -> None:
        super().__init__(names, width, dropout)
        self.shared = nn.Parameter(0.02 * torch.randn(SHARED, width))
        self.first = Named({name: Block(width, dropout=dropout) for name in names})
        self.second = Named({name: Block(width, dropout=dropout) for name in names})
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens: Mapping[str, Tokens], size: int) -> Fused:
        return self._meet(self._apart(tokens), size)

    def under(self, tokens: Mapping[str, Tokens], kept: Bool[Tensor, "P B M"]) -> Fused:
        return self._meet(under_patterns(self._apart(tokens), kept, self.names), kept.shape[0] * kept.shape[1])

    def _apart(self, tokens: Mapping[str, Tokens]) -> dict[str, Tokens]:
        """Each cell through its first block; the shared tokens as it sees them stand in front of its own."""
        found = {}
        for name, one in tokens.items():
            own = one.values.masked_fill(~one.mask[:, :, None], 0.0)
            values = torch.cat([self.shared.to(own.dtype).expand(len(own), -1, -1), own], dim=1)
            mask = torch.cat([one.mask.new_ones(len(own), SHARED), one.mask], dim=1)
            found[name] = Tokens(self.first[name](values, mask), mask, one.rows)
        return found

    def _meet(self, tokens: Mapping[str, Tokens], size: int) -> Fused:
        known = known_rows(tokens, size, self.shared)
        count = presence(tokens, self.names, size, self.shared).sum(dim=1).clamp(min=1)[:, None, None]
        shared = self._mean(tokens, count)
        again = {}
        for name, one in tokens.items():
            values = torch.cat([shared[one.rows].to(one.values.dtype), one.values[:, SHARED:]], dim=1)
            again[name] = Tokens(self.second[name](values, one.mask), one.mask, one.rows)
        values = self.norm(self._mean(again, count).mean(dim=1))
        return Fused(values.masked_fill(~known[:, None], 0.0), known)

    def _mean(self, tokens: Mapping[str, Tokens], count: Tensor) -> Tensor:
        """The shared tokens `[B, SHARED, D]`, averaged over the modalities of each row."""
        total = self.shared.new_zeros(len(count), *self.shared.shape)
        for one in tokens.values():
            total = total.index_add(0, one.rows, one.values[:, :SHARED].to(total.dtype))
        return total / count
