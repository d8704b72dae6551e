"""Series at a fixed rate to tokens: patches of a few samples of one channel, read by a Transformer."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from polymodal.encoders._encoder import Encoder, all_real
from polymodal.encoders.series import N_FIGURES, TONES, figures, require_fixed_rate
from polymodal.nn.attention import AttentionPool, Block
from polymodal.registry import ENCODERS
from polymodal.schema.batch import Field, Tokens
from polymodal.schema.modality import Modality

N_TOKENS = 2
DEPTH = 2
PATCH = 16  # samples, where the modality does not say
_LEAST_SPREAD = 0.05  # of a channel of a series, in spreads of all


@ENCODERS.register("series_patches")
class SeriesPatchesEncoder(Encoder):
    """`[n, L, C]` -> `[n, 3, D]`: two tokens of what a Transformer makes of patches, one of figures of each channel.

    PatchTST (Nie et al. 2023): every channel is a sequence of its own with weights shared by all, standardised by
    itself, cut into patches that are tokens. A patch brings what is real of it and which samples those are; one without
    any is not seen, and a channel without any not run.
    """

    kinds: ClassVar[tuple[str, ...]] = ("series",)

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__(modality, statistics, width, dropout)
        require_fixed_rate("series_patches", statistics)
        channels = len(statistics.mean)
        self.patch = getattr(modality, "patch", None) or PATCH
        self.embed = nn.Linear(2 * self.patch, width)
        self.channel = nn.Parameter(0.02 * torch.randn(channels, width))
        self.blocks = nn.ModuleList([Block(width, dropout=dropout) for _ in range(DEPTH)])
        self.norm = nn.LayerNorm(width)
        self.pool = AttentionPool(width, N_TOKENS)
        self.summary = nn.Sequential(
            nn.Linear((N_FIGURES + TONES) * channels, width), nn.GELU(), nn.Dropout(dropout), nn.Linear(width, width)
        )

    def forward(self, field: Field) -> Tokens:
        field = field.cleared()
        assert field.mask is not None
        values, mask = self._patches(_standardised(field.values, field.mask)), self._patches(field.mask)
        seen = mask.any(dim=3)
        there = seen.any(dim=2)  # [n, C]
        tokens = self.embed(torch.cat([values, mask.to(values.dtype)], dim=3)[there])
        tokens = tokens + _places(tokens.shape[1], tokens.shape[2]).to(tokens)
        for block in self.blocks:
            tokens = block(tokens, seen[there])
        tokens = self.norm(tokens) + self.channel[there.nonzero()[:, 1]][:, None].to(tokens.dtype)
        every = tokens.new_zeros(*seen.shape, tokens.shape[2])
        every[there] = tokens
        shapes = self.pool(every.flatten(1, 2), seen.flatten(1))
        summary = self.summary(figures(field.values, field.mask))[:, None]
        return all_real(torch.cat([shapes, summary.to(shapes.dtype)], dim=1), field)

    def _patches(self, grid: Tensor) -> Tensor:
        """`[n, L, C]` as `[n, C, L / P, P]`, filled up with nothing."""
        beyond = -grid.shape[1] % self.patch
        return nn.functional.pad(grid.transpose(1, 2), (0, beyond)).unflatten(2, (-1, self.patch))


def _standardised(values: Float[Tensor, "n L C"], mask: Bool[Tensor, "n L C"]) -> Float[Tensor, "n L C"]:
    """Each channel of each series about its own mean, in its own spread, zero in gaps."""
    counts = mask.sum(dim=1, keepdim=True).clamp(min=1)
    centred = (values - values.sum(dim=1, keepdim=True) / counts) * mask
    spread = ((centred**2).sum(dim=1, keepdim=True) / counts).sqrt()
    return centred / (spread + _LEAST_SPREAD)


def _places(n: int, width: int) -> Tensor:
    """`[n, D]`: waves of ever longer periods (Vaswani et al. 2017), which go on however long a series is."""
    pitches = torch.exp(torch.arange(0, width, 2) * (-math.log(1e4) / width))
    angle = torch.arange(n)[:, None] * pitches
    return torch.stack([angle.sin(), angle.cos()], dim=2).flatten(1)[:, :width]
