"""A bag of ids to tokens: embeddings added up, then mixed."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import nn

from polymodal.encoders._encoder import Encoder, all_real
from polymodal.modalities.tokens import FIRST
from polymodal.registry import ENCODERS
from polymodal.schema.batch import Field, Tokens
from polymodal.schema.modality import Modality

N_TOKENS = 2


@ENCODERS.register("tokens")
class TokensEncoder(Encoder):
    """`[n, L, 2]` codes and weights -> `[n, 2, D]`: mean and sum of embeddings and the size, through one hidden layer.

    A sum of what each element says, then a function of it, is all that a function of a set can be (Zaheer et al. 2017,
    Deep Sets). The table is an EmbeddingBag: no embedding of a single id is ever written out. Ids that share a code by
    hash start from zero, so that one never met says nothing.
    """

    kinds: ClassVar[tuple[str, ...]] = ("tokens",)

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__(modality, statistics, width, dropout)
        self.ids = nn.EmbeddingBag(statistics.n_codes, width, mode="sum")
        nn.init.normal_(self.ids.weight, std=0.3)
        with torch.no_grad():
            self.ids.weight[FIRST + len(statistics.ids) :] = 0.0
        self.hidden = nn.Sequential(
            nn.Linear(2 * width + 1, 2 * width),
            nn.LayerNorm(2 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, N_TOKENS * width),
        )

    def forward(self, field: Field) -> Tokens:
        assert field.mask is not None
        lengths = field.mask.sum(dim=1)
        starts = lengths.cumsum(0) - lengths
        items = field.values[field.mask]
        added = self.ids(items[:, 0].long(), starts, per_sample_weights=items[:, 1].to(self.ids.weight.dtype))
        sizes = lengths[:, None].to(added.dtype)
        told = torch.cat([added / sizes, added / sizes.sqrt(), sizes.log()], dim=1)
        return all_real(self.hidden(told).unflatten(1, (N_TOKENS, -1)), field)
