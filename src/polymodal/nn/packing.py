"""Tokens of all modalities as one packed stream, dealt into few dense blocks of rows with about as many tokens.

Attention over a padded batch pays for what is missing. Here a row takes part with the tokens it has: rows are
sorted by token count and cut into at most `MAX_BUCKETS` dense blocks, so the cost follows what is present.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from polymodal.schema.batch import Tokens

MAX_BUCKETS = 8


@dataclass(frozen=True)
class Packed:
    """All present tokens, those of one row next to each other.

    Attributes:
        values: `[K, D]`.
        lengths: `[B]` tokens of each row; zero where nothing is present.
    """

    values: Float[Tensor, "K D"]
    lengths: Int64[Tensor, " B"]


@dataclass(frozen=True)
class Bucket:
    """Some rows as a dense block: which rows `[b]`, their tokens `[b, L, D]`, which are real (None when all are)."""

    rows: Int64[Tensor, " b"]
    values: Float[Tensor, "b L D"]
    mask: Bool[Tensor, "b L"] | None


def pack(tokens: Mapping[str, Tokens], size: int) -> Packed:
    """Bring the tokens of every modality into one stream sorted by row, in the order of the mapping within a row."""
    values, rows = [], []
    for one in tokens.values():
        row_of_token = one.rows[:, None].expand_as(one.mask)
        if bool(one.mask.all()):
            values.append(one.values.flatten(0, 1))
            rows.append(row_of_token.flatten())
        else:
            values.append(one.values[one.mask])
            rows.append(row_of_token[one.mask])
    flat, owner = torch.cat(values), torch.cat(rows)
    if len(rows) > 1:
        order = torch.argsort(owner, stable=True)
        flat, owner = flat[order], owner[order]
    return Packed(flat, torch.bincount(owner, minlength=size))


def buckets(packed: Packed) -> Iterator[Bucket]:
    """The rows that have any token, in dense blocks of about equal token count."""
    lengths = packed.lengths
    starts = torch.cumsum(lengths, 0) - lengths
    for longest, rows in _groups(lengths):
        if len(rows) == len(lengths) and bool((lengths == longest).all()):
            yield Bucket(rows, packed.values.view(len(rows), longest, -1), None)
            continue
        place = torch.arange(longest, device=lengths.device)
        mask = place < lengths[rows][:, None]
        index = torch.where(mask, starts[rows][:, None] + place, 0)
        # What padding points at must not be seen, even if it is NaN.
        even = bool(mask.all())
        values = packed.values[index.flatten()].view(len(rows), longest, -1)
        yield Bucket(rows, values if even else values.masked_fill(~mask[:, :, None], 0.0), None if even else mask)


def _groups(lengths: Int64[Tensor, " B"]) -> list[tuple[int, Int64[Tensor, " b"]]]:
    counts = torch.bincount(lengths).tolist()
    distinct = [length for length, count in enumerate(counts) if count and length]
    tops = _tops(distinct, counts)
    groups, low = [], 0
    for top in tops:
        groups.append((top, torch.nonzero((lengths > low) & (lengths <= top)).flatten()))
        low = top
    return groups


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
