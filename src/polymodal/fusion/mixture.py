"""Mixture of experts: who answers a row hangs on what it says and on what it lacks."""

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

EXPERTS = 4


@FUSIONS.register("mixture")
class MixtureFusion(CellFusion):
    """Feed-forward experts on the sum of present vectors, weighed by a router that also sees the presence pattern.

    The router is that of FuseMoE (Han et al. 2024) and Flex-MoE (Yun et al. 2024) in what it sees, and that of Jacobs
    et al. 1991 in what it does: every expert answers, by a softmax. Routing to the best few alone would leave experts
    unlearnt without a loss that balances them, which works against experts for rare patterns, and answers would jump
    where two experts score alike. With experts as small as these there is nothing to be saved by it.
    """

    def __init__(self, names: Sequence[str], width: int, dropout: float) -> None:
        super().__init__(names, width, dropout)
        self.voices = Named({name: nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width)) for name in names})
        self.heard = nn.LayerNorm(width)
        self.router = nn.Sequential(
            nn.Linear(width + len(names), width),
            nn.GELU(),
            nn.Linear(width, EXPERTS),
        )
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(2 * width, width))
            for _ in range(EXPERTS)
        )
        self.norm = nn.LayerNorm(width)

    def read(self, name: str, tokens: Tokens) -> Float[Tensor, "n C"]:
        return self.voices[name](pooled(tokens))

    def answer(self, cells: Float[Tensor, "B M C"], kept: Bool[Tensor, "P B M"]) -> Float[Tensor, "P B D"]:
        together = summed(cells, kept)
        heard = self.heard(together)
        shares = torch.softmax(self.router(torch.cat([heard, kept.to(heard.dtype)], dim=2)).float(), dim=2)
        answers = torch.stack([expert(heard) for expert in self.experts], dim=3)
        return self.norm(together + (answers * shares[:, :, None, :]).sum(dim=3))
