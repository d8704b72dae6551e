"""Series with times of their own to tokens: attention from points in time to whatever was measured near them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from polymodal.encoders._encoder import Encoder, all_real
from polymodal.encoders.series import Stage
from polymodal.modalities._timed import CHANNEL, TIME, VALUE
from polymodal.nn.attention import AttentionPool
from polymodal.nn.reference_points import ReferencePoints
from polymodal.registry import ENCODERS
from polymodal.schema.batch import Field, Tokens
from polymodal.schema.modality import Modality

N_TOKENS = 2
POINTS, WAVES = 64, 16
PITCHES, PER_BAND = 64, 4
N_FIGURES = 8  # of each channel, besides its bands
_AT_ONCE = 1 << 15  # places for measurements
_LEFT_OUT = 0.2  # of the measurements, in training


@ENCODERS.register("series_attention")
class SeriesAttentionEncoder(Encoder):
    """`[n, K, 3]` -> `[n, 3, D]`: two tokens of learned shapes, one of plain figures of each channel.

    Measurements are gathered at points in time (mTAN, Shukla & Marlin 2021) over which convolutions run. Nothing is
    filled in: a gap is seen as such, and the cost follows the number of measurements. Series at a fixed rate are read
    as measurements at their samples. In training a fifth of the measurements is left out, and sensors vary.
    """

    kinds: ClassVar[tuple[str, ...]] = ("series",)

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__(modality, statistics, width, dropout)
        self.channels, self.timed, self.span = len(statistics.mean), statistics.timed, statistics.span
        fastest = min(max(statistics.span / (2 * statistics.step), 2.0), 1e4)  # turns in a span that can be told
        self.reference = ReferencePoints(self.channels, POINTS, WAVES, min(fastest, POINTS / 2))
        self.stages = nn.ModuleList(
            [
                Stage(2 * self.reference.heads * self.channels, width, 5, stride=2),
                Stage(width, width, 5, stride=2),
            ]
        )
        self.dropout = nn.Dropout(dropout)
        self.pool = AttentionPool(width, N_TOKENS)
        self.summary = nn.Sequential(
            nn.Linear((N_FIGURES + PITCHES // PER_BAND) * self.channels, width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(width, width),
        )
        self.register_buffer("turns", torch.logspace(-1, 0, PITCHES, base=2 * fastest) * fastest, persistent=False)

    def forward(self, field: Field) -> Tokens:
        with torch.autocast(field.values.device.type, enabled=False):  # half precision has no room for times
            times, channels, values, mask = self._measurements(field.cleared())
            if self.training:
                values, mask = _vary(values, channels, mask, self.channels)
            grid, figures = self._gathered(times, channels, values, mask)
        inside = torch.ones(len(grid), grid.shape[2], dtype=torch.bool, device=grid.device)
        for stage in self.stages:
            grid, inside = stage(grid, inside)
        shapes = self.pool(self.dropout(grid.transpose(1, 2)), inside)
        return all_real(torch.cat([shapes, self.summary(figures)[:, None].to(shapes.dtype)], dim=1), field)

    def _gathered(self, *measurements: Tensor) -> tuple[Tensor, Tensor]:
        """The grid `[n, G, R]` and figures `[n, S]`, rows of about as many measurements at a time, so that neither time
        nor memory follows the longest; of many, what only the gradient needs is computed again for it."""
        order, parts = [], []
        for rows, length in alike(measurements[-1]):
            some = [one[rows, :length] for one in measurements]
            order.append(rows)
            is_large = torch.is_grad_enabled() and measurements[-1].numel() > _AT_ONCE
            parts.append(checkpoint(self._read, *some, use_reentrant=False) if is_large else self._read(*some))
        back = torch.cat(order).argsort()
        return torch.cat([grid for grid, _ in parts])[back], torch.cat([figures for _, figures in parts])[back]

    def _read(self, times: Tensor, channels: Tensor, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        grid = torch.cat(self.reference(times, channels, values, mask), dim=2).transpose(1, 2)
        return grid, _figures(times, channels, values, mask, self.channels, self.get_buffer("turns"))

    def _measurements(self, field: Field) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Times in spans, channels, values and what of them is real, each `[n, K]`."""
        assert field.mask is not None
        values = field.values.float()
        if self.timed:
            return values[:, :, TIME], values[:, :, CHANNEL].long(), values[:, :, VALUE], field.mask
        n, length, width = values.shape
        times = torch.arange(length, device=values.device, dtype=values.dtype) / self.span
        channels = torch.arange(width, device=values.device)
        times, channels = times[:, None].expand(n, length, width), channels.expand(n, length, width)
        return times.flatten(1), channels.flatten(1), values.flatten(1), field.mask.flatten(1)


def alike(mask: Bool[Tensor, "n K"]) -> Iterator[tuple[Int64[Tensor, " r"], int]]:
    """Rows with up to twice as many places as the shortest of them, and how many that is.

    >>> [(rows.tolist(), length) for rows, length in alike(torch.arange(8) < torch.tensor([[8], [1], [7], [2]]))]
    [([1, 3], 2), ([2, 0], 8)]
    """
    places = torch.arange(1, mask.shape[1] + 1, device=mask.device)
    lengths, order = (mask * places).amax(dim=1).sort(stable=True)
    start, sizes = 0, lengths.tolist()
    for end in range(1, len(sizes) + 1):
        if end == len(sizes) or sizes[end] > 2 * sizes[start] or (end + 1 - start) * sizes[end] > _AT_ONCE:
            yield order[start:end], max(sizes[end - 1], 1)
            start = end


def _figures(
    times: Float[Tensor, "n K"],
    channels: Int64[Tensor, "n K"],
    values: Float[Tensor, "n K"],
    mask: Bool[Tensor, "n K"],
    n_channels: int,
    turns: Float[Tensor, " P"],
) -> Float[Tensor, "n S"]:
    """How many, mean, spread, range, slope, first and last time of each channel, and its energy in bands of pitch.

    The energy is that of waves fitted one by one to the measurements as they lie, each by least squares: a periodogram
    needs no grid (Lomb 1976). Zero for an empty channel.
    """
    which = nn.functional.one_hot(channels, n_channels).to(values.dtype) * mask[:, :, None]

    def summed(some: Tensor) -> Tensor:
        return torch.einsum("nk,nkc->nc", some, which)

    count = which.sum(dim=1)
    many = count.clamp(min=1)
    mean, middle = summed(values) / many, summed(times) / many
    centred = (values - mean.gather(1, channels)) * mask
    since = (times - middle.gather(1, channels)) * mask
    spread = (summed(centred**2) / many + 1e-6).sqrt()
    slope = summed(centred * since) / (summed(since**2) + 1e-2)
    ends = [_extreme(one, which, end) for one in (values, times) for end in ("amin", "amax")]
    angle = 2 * torch.pi * times[:, :, None] * turns
    parts = torch.cat([angle.cos(), angle.sin()], dim=2)
    parts = torch.einsum("nkp,nkc->npc", parts * centred[:, :, None], which) / many[:, None]
    energy = parts.square().unflatten(1, (2, -1, PER_BAND)).sum(dim=(1, 3))
    # A wave of spread 1 that is no wave at all has 1 / count of its energy in each pitch.
    bands = (4 * energy / PER_BAND + 1e-4).log().add(4) / 2
    figures = torch.stack([count.log1p(), mean, spread, slope, *ends], dim=1)
    return (torch.cat([figures, bands], dim=1) * (count > 0)[:, None]).flatten(1)


def _extreme(some: Tensor, which: Tensor, end: str) -> Tensor:
    """The least or most of each channel `[n, C]`, 0 for an empty one."""
    real = which > 0
    outside = torch.inf if end == "amin" else -torch.inf
    spread_out = some[:, :, None].expand_as(which).masked_fill(~real, outside)
    found = spread_out.amin(dim=1) if end == "amin" else spread_out.amax(dim=1)
    return found.masked_fill(~real.any(dim=1), 0.0)


def _vary(values: Tensor, channels: Tensor, mask: Tensor, n_channels: int) -> tuple[Tensor, Tensor]:
    """Each series with its channels rescaled and noisier and some measurements left out, but for at least one."""
    scale = 1 + 0.2 * torch.randn(len(values), n_channels, device=values.device, dtype=values.dtype)
    varied = values * scale.gather(1, channels) + 0.05 * torch.randn_like(values)
    kept = mask & (torch.rand(mask.shape, device=mask.device) >= _LEFT_OUT)
    kept = torch.where(kept.any(dim=1, keepdim=True), kept, mask)
    return varied * kept, kept
