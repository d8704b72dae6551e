"""Batches larger than memory: encoded a part at a time, and each part once more when its gradient is due."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from polymodal.network import Network
from polymodal.schema.batch import Batch, Field, Tokens


def encode_in_parts(network: Network, batch: Batch, rows_at_once: int | None) -> dict[str, Tokens]:
    """What `network.encode(batch)` gives, from `rows_at_once` rows at a time; of all at once where that is None.

    Gradient caching (GradCache, Gao et al. 2021): a part keeps nothing but its tokens. When their gradient has come
    back from a loss of all rows, the part is encoded again, drawing what it drew before, and its gradient is taken.
    Gradients are those of the whole batch; memory is that of one part, besides the cells and the tokens.
    """
    if rows_at_once is None or rows_at_once >= batch.size:
        return network.encode(batch)
    device = next(network.parameters()).device
    like = torch.empty(0, device=device)  # the random states that are kept are those of the devices of what is passed
    encoded = [
        checkpoint(_encode, like, network, _stretch(batch, start, start + rows_at_once), use_reentrant=False)
        for start in range(0, batch.size, rows_at_once)
    ]
    found = {name: [part[name] for part in encoded if name in part] for name in network.encoders}
    return {name: _joined(parts) for name, parts in found.items() if parts}


def _encode(_: Tensor, network: Network, part: Batch) -> dict[str, Tokens]:
    return network.encode(part)


def _stretch(batch: Batch, start: int, stop: int) -> Batch:
    """The cells of some rows, which keep their numbers; nothing is copied."""
    fields = {}
    for name, field in batch.fields.items():
        first, last = torch.searchsorted(field.rows, torch.tensor([start, stop], device=field.rows.device)).tolist()
        mask = None if field.mask is None else field.mask[first:last]
        fields[name] = Field(field.values[first:last], field.rows[first:last], mask)
    return Batch(fields, batch.size)


def _joined(parts: Sequence[Tokens]) -> Tokens:
    """One after the other; of parts with fewer tokens, what is filled up is not real."""
    most = max(part.mask.shape[1] for part in parts)
    values = [F.pad(part.values, (0, 0, 0, most - part.values.shape[1])) for part in parts]
    masks = [F.pad(part.mask, (0, most - part.mask.shape[1])) for part in parts]
    return Tokens(torch.cat(values), torch.cat(masks), torch.cat([part.rows for part in parts]))
