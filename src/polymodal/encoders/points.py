"""A cloud of points to tokens: each point by itself, then the largest of each figure."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from polymodal.encoders._encoder import Encoder, all_real
from polymodal.modalities.points import AXES
from polymodal.registry import ENCODERS
from polymodal.schema.batch import Field, Tokens
from polymodal.schema.modality import Modality

N_TOKENS = 2
_LEAST_RADIUS = 1e-4  # of a cloud, in spreads of all training points


@ENCODERS.register("points")
class PointsEncoder(Encoder):
    """`[n, 1 + N, 3 + F]` -> `[n, 3, D]`: two tokens of the shape, one of where, how large and how dense it is.

    PointNet (Qi et al. 2017): one network for every point, then the maximum over points, which knows no order and no
    number. A point enters as it lies and as it lies about the middle of its cloud in radii of it.
    """

    kinds: ClassVar[tuple[str, ...]] = ("points",)

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__(modality, statistics, width, dropout)
        self.point = nn.Sequential(
            nn.Linear(AXES + len(statistics.mean), width),
            nn.LayerNorm(width),
            nn.GELU(),
            nn.Linear(width, 2 * width),
            nn.LayerNorm(2 * width),
            nn.GELU(),
            nn.Linear(2 * width, 4 * width),
        )
        self.shape = nn.Sequential(nn.LayerNorm(4 * width), nn.Dropout(dropout), nn.Linear(4 * width, N_TOKENS * width))
        self.whole = nn.Sequential(
            nn.Linear(2 + AXES + 1, 2 * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(2 * width, width)
        )

    def forward(self, field: Field) -> Tokens:
        assert field.mask is not None
        head, mask = field.values[:, 0, :2], field.mask[:, 1:]
        points = field.values[:, 1:].masked_fill(~mask[:, :, None], 0.0)
        places, counts = points[:, :, :AXES], mask.sum(dim=1)[:, None]
        centre = places.sum(dim=1) / counts
        about = (places - centre[:, None]).masked_fill(~mask[:, :, None], 0.0)
        radius = ((about**2).sum(dim=(1, 2))[:, None] / counts).sqrt().clamp(min=_LEAST_RADIUS)
        shape = self.shape(self.pooled(torch.cat([about / radius[:, :, None], points], dim=2), mask))
        whole = self.whole(torch.cat([head, centre, radius.log()], dim=1))
        return all_real(torch.cat([shape.unflatten(1, (N_TOKENS, -1)), whole[:, None].to(shape.dtype)], dim=1), field)

    def pooled(self, points: Float[Tensor, "n N C"], mask: Bool[Tensor, "n N"]) -> Float[Tensor, "n H"]:
        """The largest of each figure that the network makes of the real points; each row has at least one."""
        told = self.point(points[mask])
        rows = mask.nonzero()[:, :1].expand(-1, told.shape[1])
        start = told.new_full((len(points), told.shape[1]), -torch.inf)
        return start.scatter_reduce(0, rows, told, "amax")
