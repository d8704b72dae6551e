"""Videos to tokens, from scratch: a convolution over each frame and what changed since the last, then attention."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from polymodal.encoders._encoder import Encoder, all_real
from polymodal.encoders._residual import GROUPS, residual_stages, shifted
from polymodal.nn.attention import AttentionPool, Block
from polymodal.registry import ENCODERS
from polymodal.schema.batch import Field, Tokens
from polymodal.schema.modality import Modality

N_TOKENS = 2
OCTAVES = 6  # of the time: the longest wave takes two typical lengths, each further one half as long


@ENCODERS.register("video")
class VideoEncoder(Encoder):
    """`[n, L, 4, S, S]` -> `[n, 2, D]`.

    The residual stages of pictures over the colours of a frame and their change since the one before, gathered over
    places that know where they are; the real time of each frame as waves (Vaswani et al. 2017); one block of attention
    over the frames, and a learned gathering over them. Frames that are not there are not computed. In training, all
    frames of a video are shifted and brightened alike.
    """

    kinds: ClassVar[tuple[str, ...]] = ("video",)

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__(modality, statistics, width, dropout)
        self.stages, channels, side = residual_stages(statistics.side, 6)
        self.norm = nn.GroupNorm(GROUPS, channels)
        self.dropout = nn.Dropout(dropout)
        self.project = nn.Linear(channels, width)
        self.place = nn.Parameter(0.02 * torch.randn(side**2, width))
        self.gather = AttentionPool(width, 1)
        self.time = nn.Linear(1 + 2 * OCTAVES, width)
        self.block = Block(width, dropout=dropout)
        self.pool = AttentionPool(width, N_TOKENS)

    def forward(self, field: Field) -> Tokens:
        assert field.mask is not None
        colours, times = field.values[:, :, :3], field.values[:, :, 3, 0, 0]
        if self.training:
            colours = _vary(colours)
        change = torch.cat([torch.zeros_like(colours[:, :1]), colours[:, 1:] - colours[:, :-1]], dim=1)
        frames = self._frames(torch.cat([colours, change], dim=2)[field.mask])
        frames = frames + self.time(_waves(times[field.mask]).to(frames.dtype))
        line = frames.new_zeros(*field.mask.shape, frames.shape[-1])
        line[field.mask] = frames
        return all_real(self.pool(self.block(line, field.mask), field.mask), field)

    def _frames(self, seen: Float[Tensor, "K C S S"]) -> Float[Tensor, "K D"]:
        grid = F.gelu(self.norm(self.stages(seen)))
        places = self.project(self.dropout(grid.flatten(2).transpose(1, 2))) + self.place
        gathered: Tensor = self.gather(F.gelu(places), None)[:, 0]
        return gathered


def _waves(times: Float[Tensor, " K"]) -> Float[Tensor, "K W"]:
    angles = math.pi * times[:, None] * 2.0 ** torch.arange(OCTAVES, device=times.device, dtype=times.dtype)
    return torch.cat([times[:, None], angles.sin(), angles.cos()], dim=1)


def _vary(colours: Float[Tensor, "n L 3 S S"]) -> Float[Tensor, "n L 3 S S"]:
    n, length, _, side, _ = colours.shape
    reach = side // 16
    if reach:
        down, across = torch.randint(0, 2 * reach + 1, (2, n), device=colours.device)
        colours = shifted(colours.flatten(1, 2), across, down, reach).unflatten(1, (length, 3))
    brightness = 0.1 * torch.randn(n, 1, 1, 1, 1, device=colours.device, dtype=colours.dtype)
    return colours + brightness
