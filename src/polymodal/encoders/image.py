"""Pictures to tokens, from scratch: a small residual convolutional network."""

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


@ENCODERS.register("image")
class ImageEncoder(Encoder):
    """`[n, 3, S, S]` -> `[n, 2, D]`.

    Residual stages (He et al. 2016) with group norm, which unlike batch norm leaves a row independent of the rows
    beside it. In training, pictures are shifted by up to a sixteenth and their brightness varied.
    """

    kinds: ClassVar[tuple[str, ...]] = ("image",)

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__(modality, statistics, width, dropout)
        side, channels = statistics.side, 32
        # Small pictures keep their resolution; each stage halves it until about 4 x 4 places are left.
        strides = [2 if side >= 32 else 1]
        stages: list[nn.Module] = [nn.Conv2d(3, channels, 3, stride=strides[0], padding=1, bias=False)]
        side //= strides[0]
        while side > 4:
            stages.append(_Stage(channels, min(2 * channels, 128)))
            channels, side = min(2 * channels, 128), -(-side // 2)
        self.stages = nn.Sequential(*stages)
        self.norm = nn.GroupNorm(8, channels)
        self.dropout = nn.Dropout(dropout)
        self.project = nn.Linear(channels, width)
        self.pool = AttentionPool(width, N_TOKENS)

    def forward(self, field: Field) -> Tokens:
        pictures = _vary(field.values) if self.training else field.values
        grid = F.gelu(self.norm(self.stages(pictures)))
        places = self.project(self.dropout(grid.flatten(2).transpose(1, 2)))
        return all_real(self.pool(places, None), field)


class _Stage(nn.Module):
    """Two convolutions added to a shortcut, at half the resolution."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(8, channels_in)
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride=2, padding=1, bias=False)
        self.norm2 = nn.GroupNorm(8, channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)
        self.shortcut = nn.Conv2d(channels_in, channels_out, 1, bias=False)

    def forward(self, grid: Tensor) -> Tensor:
        inner = self.conv1(F.gelu(self.norm1(grid)))
        inner = self.conv2(F.gelu(self.norm2(inner)))
        return inner + self.shortcut(F.avg_pool2d(grid, 2, ceil_mode=True))


def _vary(pictures: Tensor) -> Tensor:
    n, _, side, _ = pictures.shape
    reach = side // 16
    if reach:
        padded = F.pad(pictures, [reach] * 4, mode="replicate")
        corner = torch.randint(0, 2 * reach + 1, (2, n), device=pictures.device)
        place = torch.arange(side, device=pictures.device)
        rows, columns = corner[0][:, None] + place, corner[1][:, None] + place
        index = torch.arange(n, device=pictures.device)[:, None, None]
        pictures = padded.permute(0, 2, 3, 1)[index, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
    brightness = 0.1 * torch.randn(n, 1, 1, 1, device=pictures.device, dtype=pictures.dtype)
    return pictures + brightness
