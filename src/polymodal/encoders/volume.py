"""A volume to tokens: a few convolutions in three dimensions, then a learned gathering over places."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from polymodal.encoders._encoder import Encoder, all_real
from polymodal.nn.attention import AttentionPool
from polymodal.registry import ENCODERS
from polymodal.schema.batch import Field, Tokens
from polymodal.schema.modality import Modality

N_TOKENS = 2
_CHANNELS = (16, 32, 64)


@ENCODERS.register("volume")
class VolumeEncoder(Encoder):
    """`[n, 1 + S, S, S, C]` -> `[n, 3, D]`: two tokens of the grid, one of its lengths, its mean and its spread.

    Three strided convolutions with group norm, as the way down of a 3-D U-Net (Çiçek et al. 2016); each place left
    knows where it is. Mirrored pictures are not the same: the heart is on the left.
    """

    kinds: ClassVar[tuple[str, ...]] = ("volume",)

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__(modality, statistics, width, dropout)
        self.n_told = len(statistics.mean)
        self.stages = nn.ModuleList()
        self.norms = nn.ModuleList()
        before, side = statistics.channels, int(getattr(modality, "size", 32))
        for channels in _CHANNELS:
            self.stages.append(nn.Conv3d(before, channels, 3, stride=2, padding=1, bias=False))
            self.norms.append(nn.GroupNorm(8, channels))
            before, side = channels, -(-side // 2)
        self.project = nn.Linear(before, width)
        self.place = nn.Parameter(0.02 * torch.randn(side**3, width))
        self.dropout = nn.Dropout(dropout)
        self.pool = AttentionPool(width, N_TOKENS)
        self.whole = nn.Sequential(
            nn.Linear(self.n_told, 2 * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(2 * width, width)
        )

    def forward(self, field: Field) -> Tokens:
        told = field.values[:, 0].flatten(1)[:, : self.n_told]
        grid: Tensor = field.values[:, 1:].permute(0, 4, 1, 2, 3)
        for stage, norm in zip(self.stages, self.norms, strict=True):
            grid = F.gelu(norm(stage(grid)))
        places = self.project(self.dropout(grid.flatten(2).transpose(1, 2))) + self.place
        gathered = self.pool(F.gelu(places), None)
        return all_real(torch.cat([gathered, self.whole(told)[:, None].to(gathered.dtype)], dim=1), field)
