"""Latent fusion: a few latent vectors gather from all present tokens, and everything deep happens among them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from polymodal.fusion._cells import CellFusion, summed
from polymodal.nn.attention import Attention, Block
from polymodal.registry import FUSIONS
from polymodal.schema.batch import Tokens

LATENTS, HEADS = 4, 4
_CAP = 30.0  # scores stay within it (Gemma Team 2024), so that exponentials need no maximum over the row to be safe


@FUSIONS.register("latents")
class LatentFusion(CellFusion):
    """Perceiver IO (Jaegle et al. 2021): latents attend to the tokens, then to each other; a readout attends to them.

    The latents' queries are the same for every row, so numerator and denominator of their softmax are sums over
    tokens. They are made once a cell, at a cost linear in the tokens that are there; a subset of a row is an addition
    a modality, and what follows is as large for a thousand tokens as for one.
    """

    def __init__(self, names: Sequence[str], width: int, dropout: float) -> None:
        super().__init__(names, width, dropout)
        self.modality = nn.Parameter(0.02 * torch.randn(len(names), width))
        self.latents = nn.Parameter(torch.randn(LATENTS, width))
        # A token that is always there: against it, attention can tell much evidence from little.
        self.always = nn.Parameter(0.02 * torch.randn(width))
        self.token_norm, self.latent_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.gather = Attention(width, HEADS)
        self.dropout = nn.Dropout(dropout)
        self.block = Block(width, HEADS, dropout=dropout)
        self.state_norm = nn.LayerNorm(width)
        self.readout = nn.Parameter(0.02 * torch.randn(width))
        self.decode = Attention(width, HEADS)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 2 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
        )
        self.norm = nn.LayerNorm(width)

    def read(self, name: str, tokens: Tokens) -> Float[Tensor, "n C"]:
        values = tokens.values.masked_fill(~tokens.mask[:, :, None], 0.0) + self.modality[self.names.index(name)]
        return self._weighed(values, tokens.mask)

    def answer(self, cells: Float[Tensor, "B M C"], kept: Bool[Tensor, "P B M"]) -> Float[Tensor, "P B D"]:
        always = self._weighed(self.always[None, None], kept.new_ones(1, 1))
        sums = (summed(cells, kept) + always).flatten(0, 1)
        value, weight = sums.unflatten(1, (LATENTS, HEADS, -1)).split([self.width // HEADS, 1], dim=3)
        state = self.latents + self.dropout(self.gather.out((value / weight).flatten(2)))
        state = self.state_norm(self.block(state))
        answer = self.decode(self.readout.expand(len(state), 1, -1), state)[:, 0]
        return self.norm(answer + self.dropout(self.feed_forward(answer))).unflatten(0, kept.shape[:2])

    def _weighed(self, values: Float[Tensor, "n T D"], mask: Bool[Tensor, "n T"]) -> Float[Tensor, "n C"]:
        """Over the tokens of each cell, for every latent and head: the sum of weight times value, and of weight."""
        query = self.gather.query(self.latent_norm(self.latents)).unflatten(1, (HEADS, -1))
        key, value = self.gather.key_value(self.token_norm(values)).unflatten(2, (2, HEADS, -1)).unbind(2)
        scores = torch.einsum("khd,nthd->ntkh", query, key).float() * query.shape[-1] ** -0.5
        weight = torch.exp(_CAP * torch.tanh(scores / _CAP)) * mask[:, :, None, None]
        # Beside the features of a head stands a 1, whose weighed sum is the sum of the weights.
        ones = torch.ones_like(value[..., :1])
        return torch.einsum("ntkh,nthd->nkhd", weight, torch.cat([value, ones], dim=3).float()).flatten(1)
