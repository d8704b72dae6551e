"""A network asked under many presence patterns, each present cell encoded once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from polymodal.network import Network
from polymodal.schema.batch import Tokens
from polymodal.store.memory import Memory

_ROWS = 1024  # rows encoded at once
_ANSWERS = 4096  # rows times subsets fused at once: few enough for what they need to stay in the processor's cache


@torch.no_grad()
def sweep(
    network: Network, memory: Memory, patterns: np.ndarray, device: torch.device | str = "cpu"
) -> dict[str, Float[Tensor, "P N R"]]:
    """For each target the raw answers of every row under every pattern `[P, M]`.

    Each present cell goes through its encoder once; only what depends on the pattern runs for each, and only for
    the distinct subsets of what a row has.
    """
    if network.training:  # telling every part what it knows would cost as much as answering a row
        network.eval()
    raws = {name: torch.empty(len(patterns), len(memory), len(one.prior)) for name, one in network.objectives.items()}
    for group in _groups(patterns, memory.present):
        at_once = max(1, _ANSWERS // group.n_subsets)
        for rows, shapes in group.batches():
            tokens = network.encode(memory.batch(rows).to(device))
            for start in range(0, len(rows), at_once):
                some = slice(start, min(start + at_once, len(rows)))
                kept = torch.from_numpy(group.subsets[shapes[some]]).transpose(0, 1).to(device)
                fused = network.fuse_under(_between(tokens, some), kept)
                where = torch.from_numpy(group.where[shapes[some]]).T
                for name, objective in network.objectives.items():
                    raw = objective.raw(fused).cpu().unflatten(0, kept.shape[:2])
                    raws[name][:, rows[some]] = raw[where, torch.arange(raw.shape[1])]
    return raws


def mean_outputs(
    networks: Sequence[Network], memory: Memory, patterns: np.ndarray, device: torch.device | str = "cpu"
) -> np.ndarray:
    """`[P, N, O]` outputs of all targets side by side, the mean over the networks."""
    total: np.ndarray | None = None
    for network in networks:
        raws = sweep(network, memory, patterns, device)
        with torch.no_grad():
            parts = [
                one.outputs(raws[name].to(one.prior.device)).cpu().numpy() for name, one in network.objectives.items()
            ]
        values = np.concatenate(parts, axis=2)
        total = values if total is None else total + values
    assert total is not None
    return total / len(networks)


@dataclass(frozen=True)
class _Group:
    """Rows with about as many distinct subsets under the asked patterns.

    A pattern that hides what a row never had asks nothing new; with half the cells missing most patterns fall
    together. Rows that have the same modalities are of one shape.
    """

    rows: np.ndarray  # [n]
    shapes: np.ndarray  # [n] shape of each row
    subsets: np.ndarray  # [K, S, M] the distinct subsets of each shape; the last repeated where there are fewer
    where: np.ndarray  # [K, P] which of them answers each pattern

    @property
    def n_subsets(self) -> int:
        return self.subsets.shape[1]

    def batches(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for start in range(0, len(self.rows), _ROWS):
            yield self.rows[start : start + _ROWS], self.shapes[start : start + _ROWS]


def _groups(patterns: np.ndarray, present: np.ndarray) -> Iterator[_Group]:
    if not len(present):
        return
    n_patterns = len(patterns)
    shapes, shape_of_row = np.unique(present, axis=0, return_inverse=True)
    shape_of_row = shape_of_row.ravel()
    if len(present) * n_patterns <= _ANSWERS:  # too few answers for it to matter that some are the same
        same = np.broadcast_to(np.arange(n_patterns), (len(shapes), n_patterns))
        yield _Group(np.arange(len(present)), shape_of_row, patterns & shapes[:, None, :], same)
        return
    distinct = [_distinct(patterns & shape) for shape in shapes]
    sizes = np.array([1 << (len(kept) - 1).bit_length() for kept, _ in distinct])
    for size in np.unique(sizes):
        members = np.flatnonzero(sizes == size)
        rows = np.flatnonzero(sizes[shape_of_row] == size)
        subsets = [
            np.pad(kept, ((0, size - len(kept)), (0, 0)), mode="edge") for kept, _ in map(distinct.__getitem__, members)
        ]
        where = [distinct[member][1] for member in members]
        yield _Group(rows, np.searchsorted(members, shape_of_row[rows]), np.stack(subsets), np.stack(where))


def _distinct(kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct rows of `[P, M]`, and which of them each row is."""
    _, first, where = np.unique(np.packbits(kept, axis=1), axis=0, return_index=True, return_inverse=True)
    return kept[first], where.ravel()


def _between(tokens: Mapping[str, Tokens], rows: slice) -> dict[str, Tokens]:
    """The tokens of a stretch of rows, numbered from 0; views, no copies."""
    found = {}
    for name, one in tokens.items():
        start, stop = torch.searchsorted(
            one.rows, torch.tensor([rows.start, rows.stop], device=one.rows.device)
        ).tolist()
        if stop > start:
            found[name] = Tokens(one.values[start:stop], one.mask[start:stop], one.rows[start:stop] - rows.start)
    return found
