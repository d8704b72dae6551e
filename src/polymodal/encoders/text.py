"""Words to tokens, from scratch: hashed word, pair and letter codes, a look at the neighbours, learned gathering."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import nn

from polymodal.encoders._encoder import Encoder, all_real
from polymodal.nn.attention import AttentionPool
from polymodal.registry import ENCODERS
from polymodal.schema.batch import Field, Tokens
from polymodal.schema.modality import Modality

N_TOKENS = 2
FORGET = 0.5  # share of codes left out in training, so that no rare word can be learnt by heart


@ENCODERS.register("text")
class TextEncoder(Encoder):
    """`[n, L, 12]` codes -> `[n, 2, D]`.

    A word is the sum of the embeddings of itself, its pair with the word before and its letter groups (fastText,
    Bojanowski et al. 2017), so a word never seen still has a meaning; a gated convolution adds its neighbours.
    """

    kinds: ClassVar[tuple[str, ...]] = ("text",)

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__(modality, statistics, width, dropout)
        self.codes = nn.EmbeddingBag(statistics.n_codes, width, mode="sum", padding_idx=0)
        nn.init.normal_(self.codes.weight, std=0.01)
        with torch.no_grad():
            self.codes.weight[0] = 0.0
        self.norm = nn.LayerNorm(width)
        self.neighbours = nn.Conv1d(width, 2 * width, 3, padding=1)
        self.dropout = nn.Dropout(dropout)
        self.pool = AttentionPool(width, N_TOKENS)

    def forward(self, field: Field) -> Tokens:
        n, length, slots = field.values.shape
        assert field.mask is not None
        codes = field.values.reshape(n * length, slots)
        if self.training:
            codes = codes * (torch.rand(codes.shape, device=codes.device) >= FORGET)
        words = self.codes(codes).view(n, length, -1)
        inside = field.mask[:, :, None]
        words = self.dropout(self.norm(words)) * inside
        value, gate = self.neighbours(words.transpose(1, 2)).transpose(1, 2).chunk(2, dim=-1)
        words = words + value * torch.sigmoid(gate)
        return all_real(self.pool(words, field.mask), field)
