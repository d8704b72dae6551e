"""The tokens of several items brought together into those of the row they belong to."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from polymodal.schema.batch import Tokens


class ItemPool(nn.Module):
    """Tokens with a row for each item -> tokens with each row once, as many as one item has.

    Attention-based multiple-instance pooling (Ilse, Tomczak & Welling 2018) in each token and each of `heads` parts of
    it: `softmax(w tanh(V x))` over the items of a row that have the token. As an average of any number of items looks
    alike, `log(n)` times a learned map of their mean is added, which is nothing for one item: its tokens stay as they
    are. The order of items changes nothing, and the cost follows how many there are.

    >>> one = Tokens(torch.randn(3, 2, 8), torch.ones(3, 2, dtype=torch.bool), torch.tensor([0, 0, 4]))
    >>> pooled = ItemPool(8)(one)
    >>> pooled.values.shape, pooled.rows.tolist(), bool((pooled.values[1] == one.values[2]).all())
    (torch.Size([2, 2, 8]), [0, 4], True)
    """

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = next(n for n in range(min(heads, width), 0, -1) if width % n == 0)
        self.seen = nn.Linear(width, width)
        self.scores = nn.Linear(width, self.heads, bias=False)  # a bias would cancel in the softmax
        self.counted = nn.Linear(width, width)
        nn.init.normal_(self.scores.weight, std=0.02)
        nn.init.zeros_(self.counted.weight)
        nn.init.zeros_(self.counted.bias)

    def forward(self, tokens: Tokens) -> Tokens:
        """`[k, T, D]` of k items in ascending rows -> `[n, T, D]` of n rows."""
        rows, owner = torch.unique_consecutive(tokens.rows, return_inverse=True)
        mask = tokens.mask[:, :, None]
        values = tokens.values.masked_fill(~mask, 0.0)
        scores = self.scores(torch.tanh(self.seen(values))).float().masked_fill(~mask, -torch.inf)
        shares = _softmax(scores, owner, len(rows)).to(values.dtype)
        heads = values.unflatten(-1, (self.heads, -1))
        gathered = _sum((shares[..., None] * heads).flatten(-2), owner, len(rows))
        counts = _sum(mask.to(values.dtype), owner, len(rows))
        mean = _sum(values, owner, len(rows)) / counts.clamp(min=1)
        gathered = gathered + torch.log(counts.clamp(min=1)) * self.counted(mean)
        return Tokens(gathered, counts[:, :, 0] > 0, rows)


def _sum(values: Tensor, owner: Tensor, size: int) -> Tensor:
    """`[size, ...]`: the sums over equal owners of `[k, ...]`."""
    return values.new_zeros(size, *values.shape[1:]).index_add(0, owner, values)


def _softmax(scores: Tensor, owner: Tensor, size: int) -> Tensor:
    """`[k, ...]`: softmax over equal owners; zero where a score is minus infinity."""
    index = owner.view(-1, *[1] * (scores.ndim - 1)).expand_as(scores)
    lowest = torch.full((size, *scores.shape[1:]), -torch.inf, device=scores.device)
    top = lowest.scatter_reduce(0, index, scores.detach(), "amax").clamp(min=torch.finfo(scores.dtype).min)
    raised = torch.exp(scores - top[owner])
    return raised / _sum(raised, owner, size)[owner].clamp(min=torch.finfo(scores.dtype).tiny)
