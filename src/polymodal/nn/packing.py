"""Tokens of all modalities as one packed stream, in which rows of about as many tokens stand together as dense blocks.

Attention over a padded batch pays for what is missing. Here a row takes part with the tokens it has: rows are
sorted by token count and dealt into at most `MAX_BUCKETS` dense blocks, so the cost follows what is present.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from polymodal.schema.batch import Tokens

MAX_BUCKETS = 8


@dataclass(frozen=True)
class Bucket:
    """Some rows of the stream, to be seen as a dense block of `length` tokens a row.

    Attributes:
        rows, tokens: the stretch they take of `Packed.rows` and of the stream.
        length: L, tokens of the longest of them.
        index: `[b, L]` where in the stream each token stands; None when all rows have L tokens.
        mask: `[b, L]`, True where a token is the row's own and no padding; None when all are.
    """

    rows: slice
    tokens: slice
    length: int
    index: Int64[Tensor, "b L"] | None = None
    mask: Bool[Tensor, "b L"] | None = None

    def dense(self, stream: Tensor) -> Tensor:
        """`[b, L, ...]` of a stream `[K, ...]`."""
        if self.index is None:
            return stream[self.tokens].unflatten(0, (-1, self.length))
        return stream.index_select(0, self.index.flatten()).unflatten(0, (-1, self.length))

    def flat(self, block: Tensor) -> Tensor:
        """What a dense block `[b, L, ...]` has of the stream, without padding."""
        flat = block.flatten(0, 1)
        return flat if self.mask is None else flat.index_select(0, self.mask.flatten().nonzero()[:, 0])


@dataclass(frozen=True)
class Packed:
    """All present tokens, those of one row next to each other, rows with the fewest first.

    Attributes:
        values: `[K, D]`.
        source: `[K]` which of the packed Tokens each came from, by position.
        rows: `[R]` the rows that have any token, in the order of the stream.
        firsts: `[R]` where in the stream the first token of each of them stands.
        buckets: the stretches of rows that are dense together.
    """

    values: Float[Tensor, "K D"]
    source: Int64[Tensor, " K"]
    rows: Int64[Tensor, " R"]
    firsts: Int64[Tensor, " R"]
    buckets: Sequence[Bucket]


def pack(tokens: Sequence[Tokens], size: int) -> Packed:
    """Bring the real tokens of `size` rows into one stream; those of a row keep the order of `tokens`."""
    device = tokens[0].rows.device
    values = torch.cat([one.values.flatten(0, 1) for one in tokens])
    owner = torch.cat([one.rows[:, None].expand_as(one.mask).flatten() for one in tokens])
    counts = torch.tensor([one.mask.numel() for one in tokens], device=device)
    source = torch.repeat_interleave(torch.arange(len(tokens), device=device), counts)
    mask = torch.cat([one.mask.flatten() for one in tokens])
    real = None if bool(mask.all()) else mask.nonzero()[:, 0]
    if real is not None:
        owner, source = owner[real], source[real]
    lengths = torch.bincount(owner, minlength=size)
    rows = torch.argsort(lengths, stable=True)
    rank = torch.empty_like(rows)
    rank[rows] = torch.arange(size, device=device)
    order = torch.argsort(rank[owner], stable=True)
    rows = rows[int((lengths == 0).sum()) :]
    # index_select, because the gradient of plain indexing sorts its indices.
    stream = values.index_select(0, order if real is None else real[order])
    lengths = lengths[rows]
    return Packed(stream, source[order], rows, torch.cumsum(lengths, 0) - lengths, _buckets(lengths))


def _buckets(lengths: Int64[Tensor, " R"]) -> list[Bucket]:
    """The buckets of rows of ascending lengths."""
    counts = torch.bincount(lengths).tolist()
    row, token, low = 0, 0, 0
    found = []
    for top in _tops([length for length, count in enumerate(counts) if count], counts):
        n_rows = sum(counts[low + 1 : top + 1])
        n_tokens = sum(length * counts[length] for length in range(low + 1, top + 1))
        rows, tokens = slice(row, row + n_rows), slice(token, token + n_tokens)
        if n_tokens == n_rows * top:
            found.append(Bucket(rows, tokens, top))
        else:
            own = lengths[rows]
            starts = token + torch.cumsum(own, 0) - own
            place = torch.arange(top, device=lengths.device)
            mask = place < own[:, None]
            # Padding repeats the row's own first token: whatever that is, no other row can see it.
            found.append(Bucket(rows, tokens, top, starts[:, None] + torch.where(mask, place, 0), mask))
        row, token, low = rows.stop, tokens.stop, top
    return found


def _tops(distinct: list[int], counts: list[int]) -> list[int]:
    """Upper ends of the buckets: every distinct length while they are few, else ends that waste least, greedily."""
    tops = list(distinct)
    while len(tops) > MAX_BUCKETS:
        waste = []
        for position in range(len(tops) - 1):
            low = tops[position - 1] if position else 0
            merged = sum(counts[length] for length in range(low + 1, tops[position] + 1))
            waste.append(merged * (tops[position + 1] - tops[position]))
        del tops[waste.index(min(waste))]
    return tops
