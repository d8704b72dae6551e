"""Recorded series to tokens, from scratch: strided convolutions that know where the gaps are."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from polymodal.encoders._encoder import Encoder, all_real
from polymodal.nn.attention import AttentionPool
from polymodal.registry import ENCODERS
from polymodal.schema.batch import Field, Tokens
from polymodal.schema.modality import Modality

N_TOKENS = 2


@ENCODERS.register("series")
class SeriesEncoder(Encoder):
    """`[n, L, C]` -> `[n, 2, D]`.

    Values and their mask go in side by side; after each convolution what lies beyond the end is put back to zero,
    so padding to a longer neighbour changes nothing. In training, channels vary in scale and noise.
    """

    kinds: ClassVar[tuple[str, ...]] = ("series",)

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__(modality, statistics, width, dropout)
        channels = len(statistics.mean)
        self.stages = nn.ModuleList(
            [
                _Stage(2 * channels, width, 7, stride=2),
                _Stage(width, width, 5, stride=2),
                _Stage(width, width, 5, stride=2),
            ]
        )
        self.dropout = nn.Dropout(dropout)
        self.pool = AttentionPool(width, N_TOKENS)

    def forward(self, field: Field) -> Tokens:
        assert field.mask is not None
        values = _vary(field.values, field.mask) if self.training else field.values
        grid = torch.cat([values, field.mask.to(values.dtype)], dim=2).transpose(1, 2)
        # A step counts while any later one is real: gaps inside stay part of the series.
        inside = field.mask.any(dim=2).flip(1).cumsum(1).flip(1) > 0
        for stage in self.stages:
            grid, inside = stage(grid, inside)
        return all_real(self.pool(self.dropout(grid.transpose(1, 2)), inside), field)


class _Stage(nn.Module):
    def __init__(self, channels_in: int, channels_out: int, reach: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.down = nn.Conv1d(channels_in, channels_out, reach, stride=stride, padding=reach // 2)
        self.norm1 = nn.LayerNorm(channels_out)
        self.inner = nn.Conv1d(channels_out, channels_out, 3, padding=1)
        self.norm2 = nn.LayerNorm(channels_out)

    def forward(
        self, grid: Float[Tensor, "n C L"], inside: Bool[Tensor, "n L"]
    ) -> tuple[Float[Tensor, "n D K"], Bool[Tensor, "n K"]]:
        inside = inside[:, :: self.stride]
        grid = _normed(self.down(grid), self.norm1, inside)
        return grid + _normed(self.inner(grid), self.norm2, inside), inside


def _normed(grid: Tensor, norm: nn.LayerNorm, inside: Tensor) -> Tensor:
    return F.gelu(norm(grid.transpose(1, 2))).transpose(1, 2) * inside[:, None, :]


def _vary(values: Float[Tensor, "n L C"], mask: Bool[Tensor, "n L C"]) -> Float[Tensor, "n L C"]:
    n, _, channels = values.shape
    scale = 1 + 0.1 * torch.randn(n, 1, channels, device=values.device, dtype=values.dtype)
    return (values * scale + 0.05 * torch.randn_like(values)) * mask
