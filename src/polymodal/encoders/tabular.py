"""Columns to tokens: one token a column where columns are few, gathered into a few tokens where they are many."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from polymodal.encoders._encoder import Encoder, all_real
from polymodal.nn.attention import AttentionPool, Block
from polymodal.registry import ENCODERS
from polymodal.schema.batch import Field, Tokens
from polymodal.schema.modality import Modality

MOST_TOKENS = 8
MOST_MIXED = 256  # columns that look at each other; the cost grows with their square
_NARROWEST = 1e-4  # of a bin, in spreads; beside a huge value all others may be too close for single precision


@ENCODERS.register("tabular")
class TabularEncoder(Encoder):
    """`[n, F]` -> one token for each filled column, up to 8; more columns are gathered into 4 tokens.

    Columns are mixed by attention before they are gathered, beyond 256 of them after.

    Numbers enter piecewise-linearly between training quantiles (Gorishniy et al. 2022), so that the network can
    bend where the data are dense. An empty column has no token.
    """

    kinds: ClassVar[tuple[str, ...]] = ("tabular",)
    low: Tensor
    high: Tensor
    offsets: Tensor

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__(modality, statistics, width, dropout)
        self.n_numbers = len(statistics.mean)
        n_columns = self.n_numbers + len(statistics.values)
        self.column = nn.Parameter(torch.randn(n_columns, width) * 0.02)
        low, high = _bins(statistics)
        self.register_buffer("low", low)
        self.register_buffer("high", high)
        self.number = nn.Parameter(torch.randn(self.n_numbers, low.shape[1] if self.n_numbers else 0, width) * 0.2)
        self.slope = nn.Parameter(torch.randn(self.n_numbers, width) * 0.2)
        sizes = [1 + len(values) for values in statistics.values]
        self.register_buffer("offsets", torch.tensor([0, *sizes]).cumsum(0)[:-1])
        self.category = nn.Embedding(sum(sizes), width) if sizes else None
        if self.category is not None:
            nn.init.normal_(self.category.weight, std=0.3)
            with torch.no_grad():
                self.category.weight[self.offsets] = 0.0  # 'other' starts neutral
        self.mix = Block(width, dropout=dropout) if n_columns > 1 else None
        self.pool = AttentionPool(width, 4) if n_columns > MOST_TOKENS else None
        self.mixes_first = n_columns <= MOST_MIXED

    def forward(self, field: Field) -> Tokens:
        mask = field.mask if field.mask is not None else torch.ones_like(field.values, dtype=torch.bool)
        parts = []
        if self.n_numbers:
            parts.append(self._number_tokens(field.values[:, : self.n_numbers]))
        if self.category is not None:
            codes = field.values[:, self.n_numbers :].long() + self.offsets
            parts.append(self.category(codes))
        tokens = torch.cat(parts, dim=1) + self.column
        if self.mix is not None and self.mixes_first:
            tokens = self.mix(tokens, mask)
        if self.pool is not None:
            gathered = self.pool(tokens, mask)
            return all_real(gathered if self.mix is None or self.mixes_first else self.mix(gathered), field)
        return Tokens(tokens, mask, field.rows)

    def _number_tokens(self, numbers: Tensor) -> Tensor:
        # Share of each bin that lies below the value: 1 for bins passed, 0 for bins not reached.
        filled = ((numbers[:, :, None] - self.low) / (self.high - self.low)).clamp(0, 1)
        return torch.einsum("nfb,fbd->nfd", filled, self.number) + numbers[:, :, None] * self.slope


def _bins(statistics: Any) -> tuple[Tensor, Tensor]:
    """Standardised bin edges `[F, bins]`; columns with fewer distinct quantiles repeat their last bin, out of reach."""
    edges = []
    for cuts, mean, std in zip(statistics.quantiles, statistics.mean, statistics.std, strict=True):
        scaled: list[float] = []
        for cut in cuts:
            edge = (cut - mean) / std
            if not scaled or edge - scaled[-1] > _NARROWEST:
                scaled.append(edge)
        edges.append(scaled if len(scaled) > 1 else [scaled[0], scaled[0] + 1.0])
    most = max((len(one) for one in edges), default=2)
    low = [[*one[:-1], *[1e6] * (most - len(one))] for one in edges]
    high = [[*one[1:], *[2e6] * (most - len(one))] for one in edges]
    return torch.tensor(low, dtype=torch.float32), torch.tensor(high, dtype=torch.float32)
