"""Gated fusion: present modalities share out, feature by feature, who is listened to."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from polymodal.fusion._cells import CellFusion, summed
from polymodal.fusion._fusion import pooled
from polymodal.nn.named import Named
from polymodal.registry import FUSIONS
from polymodal.schema.batch import Tokens


@FUSIONS.register("gated")
class GatedFusion(CellFusion):
    """Gated multimodal units (Arevalo et al. 2017): a weighted mean of one vector a modality, the weights seeing all.

    The weights are a softmax over the modalities that are there, for each feature; an absent one has the score minus
    infinity (Li et al. 2025, SimMLM). Of two modalities that is the sigmoid gate of the original; a lone one is
    passed on as it is.
    """

    def __init__(self, names: Sequence[str], width: int, dropout: float) -> None:
        super().__init__(names, width, dropout)
        self.voices = Named(
            {name: nn.Sequential(nn.LayerNorm(width), nn.Dropout(dropout), nn.Linear(width, width)) for name in names}
        )
        # Of one modality nothing is to be shared out, and gates would be weights that never learn.
        shared = names if len(names) > 1 else ()
        self.hints = Named({name: nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width)) for name in shared})
        self.gates = Named({name: nn.Linear(width, width) for name in shared})

    def read(self, name: str, tokens: Tokens) -> Float[Tensor, "n C"]:
        cell = pooled(tokens)
        voice = torch.tanh(self.voices[name](cell))
        return torch.cat([voice, self.hints[name](cell)], dim=1) if self.hints else voice

    def answer(self, cells: Float[Tensor, "B M C"], kept: Bool[Tensor, "P B M"]) -> Float[Tensor, "P B D"]:
        if not self.gates:
            return cells[None, :, 0].expand(len(kept), -1, -1)
        voices, hints = cells.split(self.width, dim=2)
        heard = nn.functional.gelu(summed(hints, kept))
        scores = torch.stack([self.gates[name](heard) for name in self.names], dim=2).float()
        absent = ~(kept | ~kept.any(dim=2, keepdim=True))[..., None]  # a row of nothing needs finite shares too
        shares = torch.softmax(scores.masked_fill(absent, float("-inf")), dim=2)
        return (shares * voices).sum(dim=2)
