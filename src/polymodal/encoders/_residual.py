"""Residual stages that halve a picture until about 4 x 4 places are left."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CHANNELS, MOST_CHANNELS = 32, 128
GROUPS = 8


def residual_stages(side: int, channels_in: int) -> tuple[nn.Sequential, int, int]:
    """The stages for pictures `[n, channels_in, side, side]`, the channels they give, and the side that is left.

    Group norm, unlike batch norm, leaves a row independent of the rows beside it.

    >>> residual_stages(64, 3)[1:]
    (128, 4)
    """
    # Small pictures keep their resolution; each stage halves it.
    stride = 2 if side >= 32 else 1
    channels = CHANNELS
    stages: list[nn.Module] = [nn.Conv2d(channels_in, channels, 3, stride=stride, padding=1, bias=False)]
    side = -(-side // stride)
    while side > 4:
        wider = min(2 * channels, MOST_CHANNELS)
        stages.append(ResidualStage(channels, wider))
        channels, side = wider, -(-side // 2)
    return nn.Sequential(*stages), channels, side


class ResidualStage(nn.Module):
    """Two convolutions added to a shortcut, at half the resolution (He et al. 2016)."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(GROUPS, channels_in)
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride=2, padding=1, bias=False)
        self.norm2 = nn.GroupNorm(GROUPS, channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)
        self.shortcut = nn.Conv2d(channels_in, channels_out, 1, bias=False)

    def forward(self, grid: Tensor) -> Tensor:
        inner = self.conv1(F.gelu(self.norm1(grid)))
        inner = self.conv2(F.gelu(self.norm2(inner)))
        return inner + self.shortcut(F.avg_pool2d(grid, 2, ceil_mode=True))


def shifted(pictures: Tensor, across: Tensor, down: Tensor, reach: int) -> Tensor:
    """Each picture `[n, C, S, S]` moved by up to `reach` pixels, `[n]` from 0 to twice that, its border repeated."""
    n, _, side, _ = pictures.shape
    padded = F.pad(pictures, [reach] * 4, mode="replicate")
    place = torch.arange(side, device=pictures.device)
    rows, columns = down[:, None] + place, across[:, None] + place
    index = torch.arange(n, device=pictures.device)[:, None, None]
    moved: Tensor = padded.permute(0, 2, 3, 1)[index, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
    return moved
