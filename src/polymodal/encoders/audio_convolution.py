"""Recordings to tokens, from scratch: a small convolutional network over the spectrogram."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import nn

from polymodal.encoders._encoder import Encoder, all_real
from polymodal.encoders._spectrogram import Halved, levelled, varied
from polymodal.nn.attention import AttentionPool
from polymodal.registry import ENCODERS
from polymodal.schema.batch import Field, Tokens
from polymodal.schema.modality import Modality

N_TOKENS = 2
_CHANNELS = (16, 32, 64, 96)


@ENCODERS.register("audio_convolution")
class AudioConvolutionEncoder(Encoder):
    """`[n, L, M]` -> `[n, 3, D]`: two tokens of shapes in the spectrogram, one of the recording as a whole.

    Four convolutions halve time and pitch; what is left of each moment, all heights of it side by side, is gathered
    over time. Its cost grows with the length only, so it suits long recordings. Cheaper than the default `audio`.
    """

    kinds: ClassVar[tuple[str, ...]] = ("audio",)

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__(modality, statistics, width, dropout)
        n_mels = len(statistics.mean)
        self.stages = nn.ModuleList(
            Halved(before, after) for before, after in zip((1, *_CHANNELS[:-1]), _CHANNELS, strict=True)
        )
        rows = -(-n_mels // 2 ** len(_CHANNELS))
        self.project = nn.Linear(_CHANNELS[-1] * rows, width)
        self.norm = nn.LayerNorm(width)
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
        for stage in self.stages:
            grid, inside = stage(grid, inside)
        moments = self.norm(self.project(self.dropout(grid.transpose(1, 2).flatten(2))))
        heard = self.pool(moments, inside)
        return all_real(torch.cat([heard, self.summary(figures)[:, None]], dim=1), field)
