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
        self.names = tuple(names)

    @abstractmethod
    def forward(self, tokens: Mapping[str, Tokens], size: int) -> Fused:
        """Fuse a batch of `size` rows; rows with no token at all get zeros and `known` False."""

    def under(self, tokens: Mapping[str, Tokens], kept: Bool[Tensor, "P B M"]) -> Fused:
        """Fuse each of B rows under P subsets of what it has: row `p * B + b` has the modalities of `kept[p, b]`.

        What is hidden is left out, the way it is when it was never there. A fusion that can share work between the
        subsets of a row does so here.
        """
        return self(under_patterns(tokens, kept, self.names), kept.shape[0] * kept.shape[1])


def under_patterns(
    tokens: Mapping[str, Tokens], kept: Bool[Tensor, "P B M"], names: Sequence[str]
) -> dict[str, Tokens]:
    """The tokens of P times B rows, as `Fusion.under` numbers them."""
    size = kept.shape[1]
    expanded = {}
    for name, one in tokens.items():
        subset, sample = torch.nonzero(kept[:, one.rows, names.index(name)], as_tuple=True)
        if len(sample):
            values = one.values.index_select(0, sample)
            expanded[name] = Tokens(values, one.mask[sample], one.rows[sample] + subset * size)
    return expanded


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
