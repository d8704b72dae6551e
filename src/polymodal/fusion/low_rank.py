"""Low-rank tensor fusion: every product of features of different modalities, at a cost linear in modalities."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from polymodal.fusion._cells import CellFusion
from polymodal.fusion._fusion import pooled
from polymodal.nn.named import Named
from polymodal.registry import FUSIONS
from polymodal.schema.batch import Tokens

RANK = 4


@FUSIONS.register("low_rank")
class LowRankFusion(CellFusion):
    """The outer product of all present vectors, each with a 1 appended, through a weight tensor of low rank.

    After Liu et al. 2018 (arXiv 1806.00064): contracting a tensor that is a sum of `RANK` products of one vector a
    modality needs no outer product, only for each modality a linear layer and the product of what they give. An
    absent modality is left out of the outer product: its factor is 1. Factors start near 1, the closer the more
    modalities there are, so that a product of many neither vanishes nor blows up; the norm at the end keeps it so.
    """

    def __init__(self, names: Sequence[str], width: int, dropout: float) -> None:
        super().__init__(names, width, dropout)
        self.cells = Named({name: nn.Sequential(nn.LayerNorm(width), nn.Dropout(dropout)) for name in names})
        self.factors = Named({name: nn.Linear(width, RANK * width) for name in names})
        for factor in self.factors.values():
            nn.init.normal_(factor.weight, std=(width * len(names)) ** -0.5)
            nn.init.zeros_(factor.bias)  # with the 1 that is left out, the weight of the appended 1
        self.norm = nn.LayerNorm(width)

    def read(self, name: str, tokens: Tokens) -> Float[Tensor, "n C"]:
        return self.factors[name](self.cells[name](pooled(tokens)))

    def answer(self, cells: Float[Tensor, "B M C"], kept: Bool[Tensor, "P B M"]) -> Float[Tensor, "P B D"]:
        product = cells.new_zeros(1)
        for place in range(len(self.names)):
            factor = torch.where(kept[:, :, place, None], cells[:, place], 0.0)
            product = product + factor + product * factor  # (1 + product) * (1 + factor) - 1
        return self.norm(product.unflatten(2, (RANK, -1)).mean(dim=2))
