"""What every fusion is: the present tokens of each row in, one vector a row out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from polymodal.schema.batch import Fused, Tokens


class Fusion(nn.Module):
    """{name: Tokens} -> Fused.

    Built as `Fusion(names, width, dropout)`. `tokens` holds the modalities that any row of the batch has, in the order
    of `names`. What a row lacks is not there at all, so nothing needs to be said about it.
    """

    def __init__(self, names: Sequence[str], width: int, dropout: float) -> None:
        super().__init__()

    @abstractmethod
    def forward(self, tokens: Mapping[str, Tokens], size: int) -> Fused:
        """Fuse a batch of `size` rows; rows with no token at all get zeros and `known` False."""


def known_rows(tokens: Mapping[str, Tokens], size: int, like: Tensor) -> Bool[Tensor, " B"]:
    """`[B]`, True where a row has at least one token."""
    known = torch.zeros(size, dtype=torch.bool, device=like.device)
    for one in tokens.values():
        known[one.rows] = True
    return known


def pooled(tokens: Tokens) -> Float[Tensor, "n D"]:
    """The mean of the real tokens of each sample."""
    mask = tokens.mask[:, :, None].to(tokens.values.dtype)
    return (tokens.values.masked_fill(~tokens.mask[:, :, None], 0.0)).sum(dim=1) / mask.sum(dim=1).clamp(min=1)


def keep(tokens: Mapping[str, Tokens], rows: Mapping[str, Tensor]) -> dict[str, Tokens]:
    """The samples at the given positions of each modality; modalities with none left drop out."""
    return {
        name: Tokens(one.values[rows[name]], one.mask[rows[name]], one.rows[rows[name]])
        for name, one in tokens.items()
        if len(rows[name])
    }
