"""Transformer blocks over tokens of any origin."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch.nn import functional as F

from polymodal.nn.packing import Bucket


class Attention(nn.Module):
    """Multi-head attention of queries over a context (Vaswani et al. 2017).

    >>> Attention(8, 2)(torch.zeros(3, 1, 8), torch.zeros(3, 5, 8)).shape
    torch.Size([3, 1, 8])
    """

    def __init__(self, width: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(
        self,
        queries: Float[Tensor, "B Q D"],
        context: Float[Tensor, "B K D"],
        mask: Bool[Tensor, "B K"] | None = None,
    ) -> Float[Tensor, "B Q D"]:
        """Where `mask` is False a context token is not seen; each row must keep at least one."""
        return self.out(self._mix(self.query(queries), self.key_value(context), mask))

    def packed(
        self, queries: Float[Tensor, "Q D"], context: Float[Tensor, "K D"], buckets: Sequence[Bucket]
    ) -> Float[Tensor, "Q D"]:
        """The same for the rows of a packed stream: as many queries as tokens, or one a row."""
        query, key_value = self.query(queries), self.key_value(context)
        mixed = []
        for bucket in buckets:
            if len(query) == len(key_value):
                asked = bucket.dense(query)
                mixed.append(bucket.flat(self._mix(asked, bucket.dense(key_value), bucket.mask)))
            else:
                asked = query[bucket.rows, None]
                mixed.append(self._mix(asked, bucket.dense(key_value), bucket.mask)[:, 0])
        return self.out(torch.cat(mixed))

    def _mix(self, query: Tensor, key_value: Tensor, mask: Tensor | None) -> Tensor:
        query = query.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        key, value = key_value.unflatten(-1, (2, self.heads, -1)).permute(2, 0, 3, 1, 4)
        seen = None if mask is None else mask[:, None, None, :]
        dropout = self.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=seen, dropout_p=dropout)
        return mixed.transpose(1, 2).flatten(2)


class Block(nn.Module):
    """Pre-norm attention and feed-forward, each added to its input (Xiong et al. 2020)."""

    def __init__(self, width: int, heads: int = 4, hidden: int | None = None, dropout: float = 0.1) -> None:
        super().__init__()
        hidden = hidden or 2 * width
        self.attention_norm = nn.LayerNorm(width)
        self.attention = Attention(width, heads, dropout)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, tokens: Float[Tensor, "B T D"], mask: Bool[Tensor, "B T"] | None = None
    ) -> Float[Tensor, "B T D"]:
        normed = self.attention_norm(tokens)
        tokens = tokens + self.dropout(self.attention(normed, normed, mask))
        return tokens + self.dropout(self.feed_forward(tokens))

    def packed(
        self, stream: Float[Tensor, "K D"], buckets: Sequence[Bucket], only: Int64[Tensor, " R"] | None = None
    ) -> Float[Tensor, "Q D"]:
        """The same for a packed stream, in which only attention needs to know which row a token is of.

        With `only`, the place of one token a row, those alone are updated and returned: the last block of a stack
        whose other tokens nobody reads costs a fraction of a full one, with the same result.
        """
        normed = self.attention_norm(stream)
        kept, asked = (stream, normed) if only is None else (stream[only], normed[only])
        kept = kept + self.dropout(self.attention.packed(asked, normed, buckets))
        return kept + self.dropout(self.feed_forward(kept))


class AttentionPool(nn.Module):
    """Learned queries that each gather one token from a set of any size (Lee et al. 2019, Set Transformer).

    The gathered values are not mixed further, so with near-zero queries each token starts as the plain mean.

    >>> AttentionPool(8, 2)(torch.zeros(3, 5, 8), None).shape
    torch.Size([3, 2, 8])
    """

    def __init__(self, width: int, n_tokens: int) -> None:
        super().__init__()
        self.n_tokens = n_tokens
        self.scores = nn.Linear(width, n_tokens, bias=False)  # a bias would cancel in the softmax
        self.values = nn.Linear(width, n_tokens * width)
        nn.init.normal_(self.scores.weight, std=0.02)

    def forward(self, tokens: Float[Tensor, "B L D"], mask: Bool[Tensor, "B L"] | None) -> Float[Tensor, "B T D"]:
        scores = self.scores(tokens)
        if mask is not None:
            scores = scores.masked_fill(~mask[:, :, None], float("-inf"))
        shares = torch.softmax(scores.float(), dim=1).to(tokens.dtype)
        pooled = torch.einsum("blt,bld->btd", shares, tokens)
        weight = self.values.weight.view(self.n_tokens, -1, tokens.shape[-1])
        bias = self.values.bias.view(self.n_tokens, -1)
        return torch.einsum("btd,ted->bte", pooled, weight.to(tokens.dtype)) + bias.to(tokens.dtype)
