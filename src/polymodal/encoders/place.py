"""A place to tokens: waves of many lengths over the sphere."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from polymodal.encoders._encoder import Encoder, all_real
from polymodal.registry import ENCODERS
from polymodal.schema.batch import Field, Tokens
from polymodal.schema.modality import Modality

DIRECTIONS = 32  # of waves, for each length
SCALES = (0.5, 2.0, 8.0)  # how fast the phase turns, in radians a radius of the globe or reach of the training rows


@ENCODERS.register("place")
class PlaceEncoder(Encoder):
    """`[n, 8]` -> `[n, 2, D]`: one token of where on the globe, one of where among the training rows.

    Points in three dimensions, so that there is no seam at 180 degrees and no pole (Rußwurm et al. 2024 compare
    encodings of places), enter as themselves and as random Fourier features (Rahimi & Recht 2007; Tancik et al. 2020)
    of several lengths (Mai et al. 2023, Sphere2Vec). The directions of the waves are drawn once and saved.
    """

    kinds: ClassVar[tuple[str, ...]] = ("place",)
    globe_waves: Tensor
    near_waves: Tensor

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__(modality, statistics, width, dropout)
        for name in ("globe_waves", "near_waves"):
            self.register_buffer(name, torch.cat([scale * torch.randn(3, DIRECTIONS) for scale in SCALES], dim=1))
        self.globe = _mixed(width, dropout)
        self.near = _mixed(width, dropout)

    def forward(self, field: Field) -> Tokens:
        globe, near = field.values[:, :3], field.values[:, 3:6]
        tokens = [self.globe(_encoded(globe, self.globe_waves)), self.near(_encoded(near, self.near_waves))]
        return all_real(torch.stack(tokens, dim=1), field)


def _encoded(points: Tensor, waves: Tensor) -> Tensor:
    angles = points @ waves.to(points.dtype)
    return torch.cat([points, math.sqrt(2) * angles.sin(), math.sqrt(2) * angles.cos()], dim=1)


def _mixed(width: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(3 + 2 * DIRECTIONS * len(SCALES), 2 * width),
        nn.LayerNorm(2 * width),
        nn.GELU(),
        nn.Dropout(dropout),
        nn.Linear(2 * width, width),
    )
