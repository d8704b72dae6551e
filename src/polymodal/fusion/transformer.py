"""The default: a packed late-fusion Transformer over the tokens that are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from polymodal.fusion._fusion import Fusion, known_rows
from polymodal.nn.attention import Block
from polymodal.nn.packing import buckets, pack
from polymodal.registry import FUSIONS
from polymodal.schema.batch import Fused, Tokens

BLOCKS = 2


@FUSIONS.register("transformer")
class TransformerFusion(Fusion):
    """A readout token attends to the present tokens of its row through two blocks.

    One token set per modality, linearly projected, and a readout: the late-fusion Transformer that held its own
    against 18 published methods in Rheude et al. 2025 (arXiv 2512.22991). Cost follows what is present.
    """

    def __init__(self, names: Sequence[str], width: int, dropout: float) -> None:
        super().__init__(names, width, dropout)
        self.place = {name: position for position, name in enumerate(names)}
        self.modality = nn.Parameter(0.02 * torch.randn(len(names), width))
        self.readout = nn.Parameter(0.02 * torch.randn(width))
        self.blocks = nn.ModuleList([Block(width, dropout=dropout) for _ in range(BLOCKS)])
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens: Mapping[str, Tokens], size: int) -> Fused:
        values = self.readout.new_zeros(size, len(self.readout))
        if not tokens:
            return Fused(values, torch.zeros(size, dtype=torch.bool, device=values.device))
        named = {
            name: Tokens(one.values + self.modality[self.place[name]], one.mask, one.rows)
            for name, one in tokens.items()
        }
        for bucket in buckets(pack(named, size)):
            readout = self.readout.expand(len(bucket.rows), 1, -1).to(bucket.values.dtype)
            stream = torch.cat([readout, bucket.values], dim=1)
            mask = None if bucket.mask is None else nn.functional.pad(bucket.mask, (1, 0), value=True)
            for block in self.blocks[:-1]:
                stream = block(stream, mask)
            answer = self.norm(self.blocks[-1](stream, mask, queries=1)[:, 0])
            values = values.to(answer.dtype).index_copy(0, bucket.rows, answer)
        return Fused(values, known_rows(tokens, size, values))
