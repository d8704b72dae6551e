"""Letters to tokens, from scratch: strided convolutions, a look at each other, learned gathering."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch.nn import functional as F

from polymodal.encoders._encoder import Encoder, all_real
from polymodal.nn.attention import AttentionPool, Block
from polymodal.registry import ENCODERS
from polymodal.schema.batch import Field, Tokens
from polymodal.schema.modality import Modality

N_TOKENS = 2
FORGET = 0.3  # share of known strings that are read as if never met, so that their letters are learnt too


@ENCODERS.register("sequence")
class SequenceEncoder(Encoder):
    """`[n, 1 + L]` codes -> `[n, 3, D]`: one token of the string as a whole, two of its letters.

    Embedded letters go through convolutions (as in DeepDTA, Öztürk et al. 2018), which halve the length three times,
    and one Transformer block. What a batch has several times is read once.
    """

    kinds: ClassVar[tuple[str, ...]] = ("sequence",)

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__(modality, statistics, width, dropout)
        self.whole = nn.Embedding(1 + len(statistics.wholes), width)
        self.letters = nn.Embedding(statistics.n_codes, width, padding_idx=0)
        for table in (self.whole, self.letters):
            nn.init.normal_(table.weight, std=0.1)
        with torch.no_grad():
            self.letters.weight[0] = 0.0
        self.stages = nn.ModuleList([_Halved(width, 7), _Halved(width, 5), _Halved(width, 5)])
        self.block = Block(width, dropout=dropout)
        self.dropout = nn.Dropout(dropout)
        self.pool = AttentionPool(width, N_TOKENS)

    def forward(self, field: Field) -> Tokens:
        assert field.mask is not None
        # One place at the end, so that a string of no letters has tokens too.
        whole, letters = field.values[:, 0], F.pad(field.values[:, 1:], (0, 1))
        once, which = torch.unique(letters, dim=0, return_inverse=True)
        shapes = self._shapes(once)[which]
        if self.training:
            whole = whole * (torch.rand(whole.shape, device=whole.device) >= FORGET)
        tokens = torch.cat([self.whole(whole)[:, None].to(shapes.dtype), shapes], dim=1)
        return all_real(self.dropout(tokens), field)

    def _shapes(self, codes: Int64[Tensor, "n L"]) -> Float[Tensor, "n T D"]:
        inside = F.pad(codes[:, :-1] > 0, (1, 0), value=True)
        grid = (self.letters(codes) * (codes > 0)[:, :, None]).transpose(1, 2)
        for stage in self.stages:
            grid, inside = stage(grid, inside)
        return self.pool(self.block(grid.transpose(1, 2), inside), inside)


class _Halved(nn.Module):
    """Half as many places; those beyond the end stay zero, so that padding changes nothing."""

    def __init__(self, width: int, reach: int) -> None:
        super().__init__()
        self.down = nn.Conv1d(width, width, reach, stride=2, padding=reach // 2)
        self.norm = nn.LayerNorm(width)

    def forward(
        self, grid: Float[Tensor, "n D L"], inside: Bool[Tensor, "n L"]
    ) -> tuple[Float[Tensor, "n D K"], Bool[Tensor, "n K"]]:
        inside = inside[:, ::2]
        grid = F.gelu(self.norm(self.down(grid).transpose(1, 2))).transpose(1, 2)
        return grid * inside[:, None, :], inside
