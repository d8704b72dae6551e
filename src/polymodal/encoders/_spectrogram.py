"""Spectrograms inside a network: less their level, varied in training, halved by convolutions that know the end."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

SHIFT = 2  # bands up or down
LOUDER = 0.3  # spread of the level, in spreads of the training rows
_MASKS = 2  # of bands, and of time
_BANDS_HIDDEN, _TIME_HIDDEN = 0.2, 0.2  # at most, by each mask


def levelled(
    values: Float[Tensor, "n L M"], mask: Bool[Tensor, "n L"]
) -> tuple[Float[Tensor, "n L M"], Float[Tensor, "n S"]]:
    """The spectrogram less its mean, zero beyond the end; and level, log length, mean and spread of each band.

    How loud a recording is, is a matter of the microphone more often than of what is heard: it is said once, apart.
    """
    inside = mask[:, :, None].to(values.dtype)
    frames = inside.sum(dim=1)
    means = (values * inside).sum(dim=1) / frames
    level = means.mean(dim=1, keepdim=True)
    shape = (values - level[:, :, None]) * inside
    spread = (((values - means[:, None]) * inside) ** 2).sum(dim=1).div(frames).add(1e-6).sqrt()
    return shape, torch.cat([level, frames.log().to(values.dtype) - 4, means - level, spread], dim=1)


def varied(values: Float[Tensor, "n L M"], mask: Bool[Tensor, "n L"]) -> Float[Tensor, "n L M"]:
    """Recordings as SpecAugment varies them (Park et al. 2019), in other voices and at other volumes.

    Two runs of bands and two of frames are set to the recording's mean. All bands move up or down by at most two, as
    they do in a longer or shorter throat (Jaitly & Hinton 2013), and the level changes.
    """
    n, length, n_mels = values.shape
    device = values.device
    place = torch.arange(n_mels, device=device)
    moved = torch.randint(-SHIFT, SHIFT + 1, (n, 1), device=device)
    source = (place + moved).clamp(0, n_mels - 1)
    values = values.gather(2, source[:, None].expand(-1, length, -1))
    frames = mask.sum(dim=1)
    mean = ((values * mask[:, :, None]).sum(dim=(1, 2)) / (frames * n_mels))[:, None, None]
    every = torch.full_like(frames, n_mels)
    hidden = _runs(every, n_mels, _BANDS_HIDDEN)[:, None, :] | _runs(frames, length, _TIME_HIDDEN)[:, :, None]
    louder = LOUDER * torch.randn(n, 1, 1, device=device, dtype=values.dtype)
    return (torch.where(hidden, mean, values) + louder) * mask[:, :, None]


def _runs(lengths: Tensor, longest: int, share: float) -> Bool[Tensor, "n P"]:
    """True in a few runs of places, each at most that share of a row's own length."""
    place = torch.arange(longest, device=lengths.device)
    found = torch.zeros(len(lengths), longest, dtype=torch.bool, device=lengths.device)
    for _ in range(_MASKS):
        width = (torch.rand(len(lengths), device=lengths.device) * share * lengths).floor()
        start = torch.rand(len(lengths), device=lengths.device) * (lengths - width)
        found |= (place >= start[:, None]) & (place < (start + width)[:, None])
    return found


class Halved(nn.Module):
    """Half as many places in time and in pitch; those beyond the end stay zero, so that padding changes nothing.

    Normed over the channels of each place, as a norm over all of them would know how long the neighbour is.
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(channels_in, channels_out, 3, stride=2, padding=1)
        self.norm = nn.LayerNorm(channels_out)

    def forward(
        self, grid: Float[Tensor, "n C L M"], inside: Bool[Tensor, "n L"]
    ) -> tuple[Float[Tensor, "n E K B"], Bool[Tensor, "n K"]]:
        inside = inside[:, ::2]
        grid = F.gelu(self.norm(self.down(grid).permute(0, 2, 3, 1))).permute(0, 3, 1, 2)
        return grid * inside[:, None, :, None], inside
