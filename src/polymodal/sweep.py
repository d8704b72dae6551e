"""A network asked under many presence patterns, each present cell encoded once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from polymodal.network import Network
from polymodal.schema.batch import Tokens
from polymodal.store.memory import Memory

_ROWS = 1024  # rows encoded at once
_ANSWERS = 16_384  # rows times patterns fused at once


def under_patterns(
    tokens: Mapping[str, Tokens], kept: Bool[Tensor, "P B M"], names: tuple[str, ...]
) -> dict[str, Tokens]:
    """The tokens of P times B rows: row `p * B + b` has of row b the modalities that `kept[p, b]` says.

    What is hidden is left out of the stream, the way it is when it was never there.
    """
    size = kept.shape[1]
    expanded = {}
    for name, one in tokens.items():
        chosen = kept[:, one.rows, names.index(name)]
        pattern, sample = torch.nonzero(chosen, as_tuple=True)
        if len(sample):
            expanded[name] = Tokens(one.values[sample], one.mask[sample], one.rows[sample] + pattern * size)
    return expanded


@dataclass(frozen=True)
class _Plan:
    """The distinct (row, subset) pairs behind an asked `[P, n]`, fewest modalities first.

    A pattern that hides what a row never had asks nothing new; with half the cells missing most pairs fall together.
    """

    rows: np.ndarray  # [A] row of each pair
    kept: np.ndarray  # [A, M] modalities of each pair
    where: np.ndarray  # [P, n] pair that answers

    @classmethod
    def of(cls, patterns: np.ndarray, present: np.ndarray) -> _Plan:
        shapes, shape_of_row = np.unique(present, axis=0, return_inverse=True)
        kept = patterns[:, None, :] & shapes[None, :, :]
        subsets, subset = np.unique(kept.reshape(-1, patterns.shape[1]), axis=0, return_inverse=True)
        fewest_first = np.argsort(subsets.sum(axis=1), kind="stable")
        rank = np.empty(len(subsets), dtype=np.int64)
        rank[fewest_first] = np.arange(len(subsets))
        subset_of = rank[subset.reshape(len(patterns), len(shapes))][:, shape_of_row.ravel()]
        n = len(present)
        pairs, where = np.unique(subset_of * n + np.arange(n), return_inverse=True)
        return cls(pairs % n, subsets[fewest_first][pairs // n], where.reshape(len(patterns), n))


@torch.no_grad()
def sweep(
    network: Network, memory: Memory, patterns: np.ndarray, device: torch.device | str = "cpu"
) -> dict[str, Float[Tensor, "P N R"]]:
    """For each target the raw answers of every row under every pattern `[P, M]`.

    Each present cell goes through its encoder once; only fusion and head run per pattern, and only for the subsets
    of what a row has.
    """
    network.eval()
    names = tuple(memory.collate)
    parts: dict[str, list[Tensor]] = {name: [] for name in network.objectives}
    for rows, batch in memory.batches(_ROWS):
        plan = _Plan.of(patterns, memory.present[rows])
        tokens = network.encode(batch.to(device))
        answers: dict[str, list[Tensor]] = {name: [] for name in parts}
        for start in range(0, len(plan.rows), _ANSWERS):
            pairs = slice(start, start + _ANSWERS)
            asked = _gather(tokens, plan.rows[pairs], plan.kept[pairs], names, len(rows))
            fused = network.fuse(asked, len(plan.rows[pairs]))
            for name, objective in network.objectives.items():
                answers[name].append(objective.raw(fused).cpu())
        where = torch.from_numpy(plan.where)
        for name in parts:
            parts[name].append(torch.cat(answers[name])[where])
    if not len(memory):
        return {name: one.prior.cpu().expand(len(patterns), 0, -1) for name, one in network.objectives.items()}
    return {name: torch.cat(one, dim=1) for name, one in parts.items()}


def _gather(
    tokens: Mapping[str, Tokens], rows: np.ndarray, kept: np.ndarray, names: Sequence[str], size: int
) -> dict[str, Tokens]:
    """The tokens of pairs: pair a has of row `rows[a]` the modalities `kept[a]`."""
    gathered = {}
    for name, one in tokens.items():
        pairs = np.flatnonzero(kept[:, names.index(name)])
        if len(pairs):
            position = torch.full((size,), -1, dtype=torch.int64, device=one.rows.device)
            position[one.rows] = torch.arange(len(one.rows), device=one.rows.device)
            sample = position[torch.from_numpy(rows[pairs]).to(one.rows.device)]
            owner = torch.from_numpy(pairs).to(one.rows.device)
            gathered[name] = Tokens(one.values[sample], one.mask[sample], owner)
    return gathered
