"""Early fusion: the features of all modalities are joined before the first layer, and none is apart after it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from polymodal.fusion._cells import CellFusion, summed
from polymodal.nn.attention import Block
from polymodal.nn.named import Named
from polymodal.registry import FUSIONS
from polymodal.schema.batch import Tokens

BLOCKS = 2


@FUSIONS.register("early")
class EarlyFusion(CellFusion):
    """The tokens of all modalities at one position, laid side by side, become one joint token; two blocks follow.

    In the `transformer` a token stays a token of its modality to the end, and attention decides what it hears of the
    others. Here one linear layer over the concatenation has mixed them before anything else happens (feature-level
    fusion, Baltrusaitis et al. 2019, section 6), so attention runs over as many tokens as the longest modality has,
    however many modalities there are. The layer is kept in one slice a modality: a slice that is left out is a block
    of zeros in the concatenation, and its bias an indicator of presence.
    """

    def __init__(self, names: Sequence[str], width: int, dropout: float) -> None:
        super().__init__(names, width, dropout)
        self.slices = Named({name: nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width)) for name in names})
        self.readout = nn.Parameter(0.02 * torch.randn(width))
        self.blocks = nn.ModuleList([Block(width, dropout=dropout) for _ in range(BLOCKS)])
        self.norm = nn.LayerNorm(width)

    def read(self, name: str, tokens: Tokens) -> Float[Tensor, "n C"]:
        gaps = ~tokens.mask[:, :, None]
        said = self.slices[name](tokens.values.masked_fill(gaps, 0.0)).masked_fill(gaps, 0.0)
        return torch.cat([said, tokens.mask[:, :, None].to(said.dtype)], dim=2).flatten(1)

    def answer(self, cells: Float[Tensor, "B M C"], kept: Bool[Tensor, "P B M"]) -> Float[Tensor, "P B D"]:
        joint, count = summed(cells, kept).unflatten(2, (-1, self.width + 1)).split([self.width, 1], dim=3)
        first = self.readout.to(joint.dtype).expand(*joint.shape[:2], 1, -1)
        stream = torch.cat([first, joint], dim=2).flatten(0, 1)
        there = torch.cat([torch.ones_like(count[:, :, :1, 0]), count[..., 0]], dim=2).flatten(0, 1) > 0
        for block in cast(Iterable[Block], self.blocks):
            stream = block(stream, there)
        return self.norm(stream[:, 0]).unflatten(0, kept.shape[:2])
