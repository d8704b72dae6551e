"""Total correlation: do all these cells together belong to one row? It sees what no two of them tell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from polymodal.contrastive._contrast import Contrast, Placed, sharpness
from polymodal.registry import CONTRASTS

_SHARP = math.log(10.0)
_OPEN = 2.0  # gates start at sigmoid(2), about .88


@CONTRASTS.register("total_correlation")
class TotalCorrelation(Contrast):
    """Symile (Saporta et al. 2024): the product of the vectors of all modalities, number by number, summed.

    Each modality in turn is to be told from what the others say together; the others of a row against others drawn
    each from another row. A cell that is absent stands for nothing: its place is taken by a neutral vector that is
    learnt. So does, by a learned share, what does not help: the gate of a modality for an anchor, by the cell itself
    (after Gated Symile 2026), so that one of noise does not spoil the product. Vectors count as rescaled to numbers of
    size one, for a product of M numbers below one would vanish.
    """

    is_joint: ClassVar[bool] = True

    def __init__(self, names: Sequence[str], width: int, hub: str | None = None) -> None:
        super().__init__(names, width, hub)
        m = len(self.names)
        self.log_factor = nn.Parameter(torch.tensor(_SHARP))
        self.neutral = nn.Parameter(torch.ones(m, width))
        self.gate = nn.Parameter(torch.full((m, m), _OPEN))
        self.believed = nn.Parameter(torch.zeros(m, width))

    def forward(self, placed: Mapping[str, Placed]) -> Float[Tensor, ""]:
        size = 1 + max((int(one.rows[-1]) for one in placed.values() if len(one.rows)), default=0)
        values, present = self._side_by_side(placed, size)
        losses = []
        for anchor in self._anchors():
            rows = torch.nonzero(present[:, anchor] & (present.sum(dim=1) > 1))[:, 0]
            if len(rows) > 1:
                losses.append(self._loss(anchor, values[rows], present[rows]))
        return torch.stack(losses).mean() if losses else self.log_factor * 0.0

    def scores(
        self, query: Mapping[str, Float[Tensor, "n E"]], name: str, candidates: Float[Tensor, "k E"]
    ) -> Float[Tensor, "n k"]:
        n = len(next(iter(query.values())))
        rows = torch.arange(n, device=candidates.device)
        values, present = self._side_by_side({one: Placed(said, rows) for one, said in query.items()}, n)
        anchor = self.names.index(name)
        context = self._gated(anchor, values, present).prod(dim=1)
        return context @ candidates.T / math.sqrt(self.width)

    def _anchors(self) -> list[int]:
        return list(range(len(self.names))) if self.hub is None else [self.names.index(self.hub)]

    def _side_by_side(
        self, placed: Mapping[str, Placed], size: int
    ) -> tuple[Float[Tensor, "B M E"], Bool[Tensor, "B M"]]:
        device = self.neutral.device
        columns, present = [], torch.zeros(size, len(self.names), dtype=torch.bool, device=device)
        for position, name in enumerate(self.names):
            column = torch.zeros(size, self.width, device=device)
            if name in placed and len(placed[name].rows):
                one = placed[name]
                column = column.index_copy(0, one.rows, one.values.float() * math.sqrt(self.width))
                present[one.rows, position] = True
            columns.append(column)
        return torch.stack(columns, dim=1), present

    def _gated(
        self, anchor: int, values: Float[Tensor, "B M E"], present: Bool[Tensor, "B M"]
    ) -> Float[Tensor, "B M1 E"]:
        """The other modalities, each between its own vector and the neutral one."""
        others = [position for position in range(len(self.names)) if position != anchor]
        said = (values[:, others] * self.believed[others]).sum(dim=2) / self.width
        share = torch.sigmoid(self.gate[anchor, others] + said) * present[:, others]
        return share[..., None] * values[:, others] + (1 - share[..., None]) * self.neutral[others]

    def _loss(self, anchor: int, values: Float[Tensor, "n M E"], present: Bool[Tensor, "n M"]) -> Float[Tensor, ""]:
        n, factor = len(values), sharpness(self.log_factor)
        x, others = values[:, anchor], self._gated(anchor, values, present)
        # Rows of a batch are in random order, so that turning each modality on by another number of rows mixes them.
        mixed = torch.stack([others[:, k].roll(k + 1, dims=0) for k in range(others.shape[1])], dim=1)
        right = (x * others.prod(dim=1)).sum(dim=1)
        raw = x @ mixed.prod(dim=1).T
        raw = torch.where(torch.eye(n, dtype=torch.bool, device=raw.device), right[:, None], raw)
        return F.cross_entropy(factor * raw / self.width, torch.arange(n, device=raw.device))
