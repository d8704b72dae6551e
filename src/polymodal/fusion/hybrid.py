"""Hybrid fusion: what each modality says by itself, and a residual for what they say together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Bool
from torch import Tensor, nn

from polymodal.fusion._cells import presence
from polymodal.fusion._fusion import Fusion
from polymodal.fusion.early import EarlyFusion
from polymodal.fusion.late import LateFusion
from polymodal.registry import FUSIONS
from polymodal.schema.batch import Fused, Tokens


@FUSIONS.register("hybrid")
class HybridFusion(Fusion):
    """Late fusion plus early fusion, the latter only where there are at least two modalities.

    Late and early fusion in one, as hybrid fusion in Atrey et al. 2010. A lone modality is answered by its own small
    network and nothing else; the joint part has the interactions to itself, which late fusion cannot learn.
    """

    def __init__(self, names: Sequence[str], width: int, dropout: float) -> None:
        super().__init__(names, width, dropout)
        self.late = LateFusion(names, width, dropout)
        # Of one modality there is nothing to join.
        self.joint = EarlyFusion(names, width, dropout) if len(names) > 1 else None
        self.residual = nn.Linear(width, width) if len(names) > 1 else nn.Identity()

    def forward(self, tokens: Mapping[str, Tokens], size: int) -> Fused:
        late = self.late(tokens, size)
        if self.joint is None:
            return late
        kept = presence(tokens, self.names, size, late.values)
        return self._sum(late, self.joint(tokens, size), kept)

    def under(self, tokens: Mapping[str, Tokens], kept: Bool[Tensor, "P B M"]) -> Fused:
        late = self.late.under(tokens, kept)
        if self.joint is None:
            return late
        kept = kept & presence(tokens, self.names, kept.shape[1], kept)
        return self._sum(late, self.joint.under(tokens, kept), kept.flatten(0, 1))

    def _sum(self, late: Fused, joint: Fused, kept: Bool[Tensor, "R M"]) -> Fused:
        several = kept.sum(dim=1, keepdim=True) > 1
        residual = torch.where(several, self.residual(joint.values), 0.0)
        return Fused(late.values + residual, late.known)
