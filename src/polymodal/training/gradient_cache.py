"""Batches larger than memory: encoded a part at a time, and each part once more when its gradient is due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F
from torch.utils.checkpoint import get_device_states, set_device_states

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
    weights = [weight for weight in network.encoders.parameters() if weight.requires_grad]
    kept = {name: _Kept() for name in network.encoders}
    values = _Parts.apply(network, batch, rows_at_once, kept, *weights)
    told = {name: one for name, one in kept.items() if one.n}
    return {name: one.tokens(its) for (name, one), its in zip(told.items(), values, strict=True)}


class _Parts(torch.autograd.Function):
    """Values of the tokens of each modality that the batch has, which stand in one piece of memory each.

    Pieces of each part would come to lie amid all that passes, and leave holes too small for the next part.
    """

    @staticmethod
    def forward(
        ctx: Any, network: Network, batch: Batch, rows_at_once: int, kept: Mapping[str, _Kept], *weights: Tensor
    ) -> tuple[Tensor, ...]:
        ctx.network, ctx.batch, ctx.rows_at_once = network, batch, rows_at_once
        ctx.save_for_backward(*weights)
        ctx.ends, ctx.states = [], []
        for start in range(0, batch.size, rows_at_once):
            ctx.states.append(_State.now(next(network.parameters()).device))
            with ctx.states[-1].arithmetic():
                encoded = network.encode(_stretch(batch, start, start + rows_at_once))
            for name, one in encoded.items():
                kept[name].add(one, len(batch.fields[name].rows))
            ctx.ends.append({name: kept[name].n for name in encoded})
        ctx.names = [name for name, one in kept.items() if one.n]
        return tuple(kept[name].values[: kept[name].n] for name in ctx.names)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *by: Tensor) -> tuple[Tensor | None, ...]:
        weights, slopes = ctx.saved_tensors, dict(zip(ctx.names, by, strict=True))
        sums: list[Tensor | None] = [None] * len(weights)
        starts = dict.fromkeys(ctx.names, 0)
        for position, (ends, state) in enumerate(zip(ctx.ends, ctx.states, strict=True)):
            first = position * ctx.rows_at_once
            part = _stretch(ctx.batch, first, first + ctx.rows_at_once)
            with torch.enable_grad(), state.drawing(), state.arithmetic():
                encoded = ctx.network.encode(part)
            learning, toward = [], []
            for name, end in ends.items():
                values = encoded[name].values
                if values.requires_grad:
                    learning.append(values)
                    toward.append(slopes[name][starts[name] : end, : values.shape[1]])
                starts[name] = end
            found = torch.autograd.grad(learning, weights, toward, allow_unused=True) if learning else ()
            for place, one in enumerate(found):
                so_far = sums[place]
                sums[place] = so_far if one is None else one if so_far is None else so_far + one
        return None, None, None, None, *sums


@dataclass(frozen=True)
class _State:
    """What encoding depends on beside weights and cells: what is drawn next, and the precision of the arithmetic."""

    kind: str
    drawn: Tensor
    devices: list[int]
    drawn_there: list[Tensor]
    is_mixed: bool
    precision: torch.dtype

    @classmethod
    def now(cls, device: torch.device) -> _State:
        there = get_device_states(torch.empty(0, device=device))
        mixed = torch.is_autocast_enabled(device.type), torch.get_autocast_dtype(device.type)
        return cls(device.type, torch.get_rng_state(), *there, *mixed)

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """As it was; what is drawn afterwards is as if nothing had been drawn."""
        with torch.random.fork_rng(self.devices, device_type="cuda" if self.kind == "cpu" else self.kind):
            torch.set_rng_state(self.drawn)
            set_device_states(self.devices, self.drawn_there, device_type=self.kind)
            yield

    def arithmetic(self) -> torch.autocast:
        """As it was; weights that were rounded without a gradient are not for one with."""
        return torch.autocast(self.kind, self.precision, self.is_mixed, cache_enabled=False)


class _Kept:
    """Tokens of parts, one after the other in memory that is taken once; filled up where a part has fewer tokens."""

    def __init__(self) -> None:
        self.n = 0
        self.values: Tensor
        self.mask: Tensor
        self.rows: Tensor

    def add(self, part: Tokens, most: int) -> None:
        """One more part; of all parts together there are `most` rows at most."""
        n, length, width = part.values.shape
        if not self.n:
            self.values = part.values.new_zeros(most, length, width)
            self.mask, self.rows = part.mask.new_zeros(most, length), part.rows.new_zeros(most)
        more = length - self.values.shape[1]
        if more > 0:
            self.values, self.mask = F.pad(self.values, (0, 0, 0, more)), F.pad(self.mask, (0, more))
        here = slice(self.n, self.n + n)
        self.values[here, :length], self.mask[here, :length], self.rows[here] = part.values, part.mask, part.rows
        self.n += n

    def tokens(self, values: Tensor) -> Tokens:
        return Tokens(values, self.mask[: self.n], self.rows[: self.n])


def _stretch(batch: Batch, start: int, stop: int) -> Batch:
    """The cells of some rows, which keep their numbers; nothing is copied."""
    fields = {}
    for name, field in batch.fields.items():
        first, last = torch.searchsorted(field.rows, torch.tensor([start, stop], device=field.rows.device)).tolist()
        mask = None if field.mask is None else field.mask[first:last]
        fields[name] = Field(field.values[first:last], field.rows[first:last], mask)
    return Batch(fields, batch.size)
