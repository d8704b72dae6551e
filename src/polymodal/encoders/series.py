"""Recorded series to tokens, from scratch: strided convolutions that know where the gaps are."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from polymodal.encoders._encoder import Encoder, all_real
from polymodal.errors import SettingError
from polymodal.nn.attention import AttentionPool
from polymodal.registry import ENCODERS
from polymodal.schema.batch import Field, Tokens
from polymodal.schema.modality import Modality

N_TOKENS = 2
N_FIGURES = 5  # of each channel, besides its TONES
TURN = 0.2  # about 10 degrees
TONES = 16


@ENCODERS.register("series")
class SeriesEncoder(Encoder):
    """`[n, L, C]` -> `[n, 3, D]`: two tokens of learned shapes, one of plain figures of each channel.

    Values and their mask go in side by side; after each convolution what lies beyond the end is put back to zero,
    so padding to a longer neighbour changes nothing. In training, series are varied as sensors and bodies vary.
    """

    kinds: ClassVar[tuple[str, ...]] = ("series",)

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__(modality, statistics, width, dropout)
        require_fixed_rate("series", statistics)
        channels = len(statistics.mean)
        self.stages = nn.ModuleList(
            [
                Stage(2 * channels, width, 7, stride=2),
                Stage(width, width, 5, stride=2),
                Stage(width, width, 5, stride=2),
            ]
        )
        self.dropout = nn.Dropout(dropout)
        self.pool = AttentionPool(width, N_TOKENS)
        self.summary = nn.Sequential(
            nn.Linear((N_FIGURES + TONES) * channels, width), nn.GELU(), nn.Dropout(dropout), nn.Linear(width, width)
        )

    def forward(self, field: Field) -> Tokens:
        assert field.mask is not None
        values = _vary(field.values, field.mask) if self.training else field.values
        grid = torch.cat([values, field.mask.to(values.dtype)], dim=2).transpose(1, 2)
        # A step counts while any later one is real: gaps inside stay part of the series.
        inside = field.mask.any(dim=2).flip(1).cumsum(1).flip(1) > 0
        for stage in self.stages:
            grid, inside = stage(grid, inside)
        shapes = self.pool(self.dropout(grid.transpose(1, 2)), inside)
        return all_real(torch.cat([shapes, self.summary(figures(values, field.mask))[:, None]], dim=1), field)


class Stage(nn.Module):
    """A convolution that strides and one beside it; what lies beyond the end is put back to zero after each."""

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


def require_fixed_rate(encoder: str, statistics: Any) -> None:
    """Raises SettingError for series with times of their own."""
    if statistics.timed:
        raise SettingError(
            f"the encoder {encoder!r} reads series at a fixed rate, and these have times of their own; use "
            "'series_attention', or put them on a grid with pm.Series(irregular=False, rate=...)"
        )


def _normed(grid: Tensor, norm: nn.LayerNorm, inside: Tensor) -> Tensor:
    return F.gelu(norm(grid.transpose(1, 2))).transpose(1, 2) * inside[:, None, :]


def figures(values: Float[Tensor, "n L C"], mask: Bool[Tensor, "n L C"]) -> Float[Tensor, "n S"]:
    """Mean, spread, range, mean step and spectrum of each channel over what is real; zero for an empty channel."""
    counts = mask.sum(dim=1).clamp(min=1)
    mean = values.sum(dim=1) / counts
    spread = (((values - mean[:, None]) * mask) ** 2).sum(dim=1).div(counts).add(1e-6).sqrt()
    some = mask.any(dim=1)
    low = values.masked_fill(~mask, float("inf")).amin(dim=1)
    high = values.masked_fill(~mask, float("-inf")).amax(dim=1)
    both = mask[:, 1:] & mask[:, :-1]
    step = ((values[:, 1:] - values[:, :-1]).abs() * both).sum(dim=1) / both.sum(dim=1).clamp(min=1)
    figures = [mean, spread, low, high, step, *_tones((values - mean[:, None]) * mask, counts)]
    return torch.cat([torch.where(some, one, 0.0) for one in figures], dim=1)


def _tones(centred: Float[Tensor, "n L C"], counts: Tensor) -> list[Float[Tensor, "n C"]]:
    """How strong each of a few fixed pitches is, from one turn in 128 samples to one in two: a coarse spectrum.

    Fixed pitches, unlike the bins of a Fourier transform, do not depend on how long a series or its neighbour is.
    """
    turns = torch.logspace(-7, -1, TONES, base=2.0, device=centred.device)
    angle = 2 * torch.pi * turns[:, None] * torch.arange(centred.shape[1], device=centred.device)
    waves = torch.stack([angle.cos(), angle.sin()]).to(centred.dtype)
    parts = torch.einsum("pkl,nlc->pknc", waves, centred) / counts
    return list((4 * parts.square().sum(dim=0) + 1e-6).sqrt().log().add(3).unbind(dim=0))


def _vary(values: Float[Tensor, "n L C"], mask: Bool[Tensor, "n L C"]) -> Float[Tensor, "n L C"]:
    """Each series with its channels turned a little into each other, rescaled and made noisier.

    A sensor worn askew, on another body or louder is still the same event: this is what carries over from the
    subjects seen to those not seen.
    """
    n, _, channels = values.shape
    near = torch.eye(channels, device=values.device) + TURN * torch.randn(n, channels, channels, device=values.device)
    turn, sign = torch.linalg.qr(near.float())
    turn = turn * torch.sign(torch.diagonal(sign, dim1=-2, dim2=-1))[:, None, :]
    turned = torch.einsum("nlc,ncd->nld", values, turn.to(values.dtype))
    scale = 1 + 0.2 * torch.randn(n, 1, channels, device=values.device, dtype=values.dtype)
    return (turned * scale + 0.05 * torch.randn_like(values)) * mask
