"""Pictures to tokens, from scratch: a small residual convolutional network."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from polymodal.encoders._encoder import Encoder, all_real
from polymodal.encoders._residual import GROUPS, residual_stages, shifted
from polymodal.nn.attention import AttentionPool
from polymodal.registry import ENCODERS
from polymodal.schema.batch import Field, Tokens
from polymodal.schema.modality import Modality

N_TOKENS = 2


@ENCODERS.register("image")
class ImageEncoder(Encoder):
    """`[n, 3, S, S]` -> `[n, 2, D]`.

    Residual stages (He et al. 2016). In training, pictures are shifted by up to a sixteenth and their brightness
    varied.
    """

    kinds: ClassVar[tuple[str, ...]] = ("image",)

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__(modality, statistics, width, dropout)
        self.stages, channels, _ = residual_stages(statistics.side, 3)
        self.norm = nn.GroupNorm(GROUPS, channels)
        self.dropout = nn.Dropout(dropout)
        self.project = nn.Linear(channels, width)
        self.pool = AttentionPool(width, N_TOKENS)

    def forward(self, field: Field) -> Tokens:
        pictures = _vary(field.values) if self.training else field.values
        grid = F.gelu(self.norm(self.stages(pictures)))
        places = self.project(self.dropout(grid.flatten(2).transpose(1, 2)))
        return all_real(self.pool(places, None), field)


def _vary(pictures: Tensor) -> Tensor:
    n, _, side, _ = pictures.shape
    reach = side // 16
    if reach:
        down, across = torch.randint(0, 2 * reach + 1, (2, n), device=pictures.device)
        pictures = shifted(pictures, across, down, reach)
    brightness = 0.1 * torch.randn(n, 1, 1, 1, device=pictures.device, dtype=pictures.dtype)
    return pictures + brightness
