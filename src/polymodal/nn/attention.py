"""Transformer blocks over tokens of any origin."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F


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
        B, Q, D = queries.shape
        query = self.query(queries).view(B, Q, self.heads, -1).transpose(1, 2)
        key, value = self.key_value(context).view(B, -1, 2, self.heads, D // self.heads).permute(2, 0, 3, 1, 4)
        seen = None if mask is None else mask[:, None, None, :]
        dropout = self.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=seen, dropout_p=dropout)
        return self.out(mixed.transpose(1, 2).reshape(B, Q, D))


class Block(nn.Module):
    """Pre-norm attention and feed-forward, each added to its input (Xiong et al. 2020).

    With `queries=1` only the first token is updated and returned: the last block of a stack whose other tokens
    nobody reads costs a fraction of a full one, with the same result.
    """

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
        self, tokens: Float[Tensor, "B T D"], mask: Bool[Tensor, "B T"] | None = None, queries: int | None = None
    ) -> Float[Tensor, "B Q D"]:
        normed = self.attention_norm(tokens)
        kept = tokens[:, :queries]
        kept = kept + self.dropout(self.attention(normed[:, :queries], normed, mask))
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
