"""Recordings to tokens, from scratch: a small Transformer over patches of the spectrogram."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from polymodal.encoders._encoder import Encoder, all_real
from polymodal.encoders._spectrogram import Halved, levelled, varied
from polymodal.nn.attention import AttentionPool, Block
from polymodal.registry import ENCODERS
from polymodal.schema.batch import Field, Tokens
from polymodal.schema.modality import Modality

N_TOKENS = 2
PLACES = 64  # patches side by side in a long recording; of longer ones each patch is longer
_CHANNELS = 32
_BANDS, _SHORTEST = 4, 2  # of a patch, after both were halved twice


@ENCODERS.register("audio")
class AudioEncoder(Encoder):
    """`[n, L, M]` -> `[n, 3, D]`: two tokens of what is heard when and how high, one of the recording as a whole.

    Patches over time and pitch look at each other in two Transformer blocks (as in AST, Gong et al. 2021), after two
    convolutions, with which a Transformer learns from few examples (Xiao et al. 2021).
    """

    kinds: ClassVar[tuple[str, ...]] = ("audio",)

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__(modality, statistics, width, dropout)
        n_mels = len(statistics.mean)
        rows = -(-n_mels // 4)
        self.bands = min(_BANDS, rows)
        self.reach = max(_SHORTEST, -(-statistics.frames // (4 * PLACES)))
        self.stem = nn.ModuleList([Halved(1, _CHANNELS // 2), Halved(_CHANNELS // 2, _CHANNELS)])
        size = (self.reach, self.bands)
        self.patches = nn.Conv2d(_CHANNELS, width, size, stride=size)
        self.heights = nn.Parameter(0.02 * torch.randn(-(-rows // self.bands), width))
        self.blocks = nn.ModuleList([Block(width, dropout=dropout) for _ in range(2)])
        self.dropout = nn.Dropout(dropout)
        self.pool = AttentionPool(width, N_TOKENS)
        self.summary = nn.Sequential(
            nn.Linear(2 + 2 * n_mels, width), nn.GELU(), nn.Dropout(dropout), nn.Linear(width, width)
        )

    def forward(self, field: Field) -> Tokens:
        assert field.mask is not None
        values = varied(field.values, field.mask) if self.training else field.values
        shape, figures = levelled(values, field.mask)
        grid, inside = shape[:, None], field.mask
        for stage in self.stem:
            grid, inside = stage(grid, inside)
        grid = F.pad(grid, (0, -grid.shape[3] % self.bands, 0, -grid.shape[2] % self.reach))
        places = self.patches(grid).permute(0, 2, 3, 1)
        places = places + self.heights + _waves(places.shape[1], places)[:, None]
        inside = inside[:, :: self.reach].repeat_interleave(places.shape[2], dim=1)
        tokens = places.flatten(1, 2)
        for block in self.blocks:
            tokens = block(tokens, inside)
        heard = self.pool(self.dropout(tokens), inside)
        return all_real(torch.cat([heard, self.summary(figures)[:, None]], dim=1), field)


def _waves(length: int, like: Tensor) -> Float[Tensor, "K D"]:
    """Where in time, as sines and cosines (Vaswani et al. 2017); any length, so a longer neighbour changes nothing."""
    width = like.shape[-1]
    slowness = 1e3 ** (torch.arange(0, width, 2, device=like.device) / width)
    angle = torch.arange(length, device=like.device)[:, None] / slowness
    return torch.cat([angle.sin(), angle.cos()], dim=1)[:, :width].to(like.dtype)
