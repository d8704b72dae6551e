"""The default: a packed late-fusion Transformer over the tokens that are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

import torch
from torch import nn

from polymodal.fusion._fusion import Fusion, known_rows
from polymodal.nn.attention import Block
from polymodal.nn.packing import pack
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
        self.modality = nn.Parameter(0.02 * torch.randn(len(names), width))
        self.readout = nn.Parameter(0.02 * torch.randn(width))
        self.blocks = nn.ModuleList([Block(width, dropout=dropout) for _ in range(BLOCKS)])
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens: Mapping[str, Tokens], size: int) -> Fused:
        known = known_rows(tokens, size, self.readout)
        values = self.readout.new_zeros(size, len(self.readout))
        if not tokens:
            return Fused(values, known)
        rows = known.nonzero()[:, 0]
        blank = values.new_zeros(len(rows), 1, len(self.readout))
        first = Tokens(blank, torch.ones_like(blank[:, :, 0], dtype=torch.bool), rows)
        packed = pack([first, *tokens.values()], size)
        places = [self.names.index(name) for name in tokens]
        kind = torch.cat([self.readout[None], self.modality[places]])
        stream = packed.values + kind.index_select(0, packed.source)
        *blocks, last = cast(Iterable[Block], self.blocks)
        for block in blocks:
            stream = block.packed(stream, packed.buckets)
        answer = self.norm(last.packed(stream, packed.buckets, only=packed.firsts))
        return Fused(values.to(answer.dtype).index_copy(0, packed.rows, answer), known)
