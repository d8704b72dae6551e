"""How good a network is on rows it does not learn from, over the lattice of what they could lack."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from polymodal.contrastive._ranks import reciprocal_rank
from polymodal.errors import FitError
from polymodal.metrics import primary, primary_score
from polymodal.network import Network
from polymodal.objectives._objective import Objective
from polymodal.placing import place_rows
from polymodal.schema.batch import KnownLabels
from polymodal.schema.target import Discrete, Labels, Target
from polymodal.store.memory import Memory
from polymodal.sweep import sweep

_COMPARED = 2_000  # rows; the work grows with the square of them


@dataclass(frozen=True)
class Validation:
    """How a network does on held-out rows.

    Attributes:
        shortfall: what early stopping makes small: half that of the full rows, half the mean over the patterns. For
            classes it is 1 minus the metric, because accuracy goes on rising after the likelihood has turned, and
            calibration mends the likelihood; for numbers and survival it is the loss. In a space it is 1 minus the mean
            reciprocal rank of the cell of a row among those of all rows, by what else the row has.
        metrics: the metric that matters, of the full rows, for each target.
    """

    shortfall: float
    metrics: Mapping[str, float]


@torch.no_grad()
def validate(
    network: Network, memory: Memory, patterns: Tensor, targets: Mapping[str, Target], device: torch.device
) -> Validation:
    """Score a network on held-out rows. The last of `patterns [P, M]` is the full one.

    Raises FitError when an answer is not finite.
    """
    total, metrics = 0.0, {}
    if network.space is not None:
        found = _reciprocal_rank(network, memory, device)
        total, metrics["reciprocal_rank"] = 1.0 - found, found
    if not network.objectives:
        return Validation(total, metrics)
    raws = sweep(network, memory, patterns.numpy(), device)
    if not all(bool(torch.isfinite(raw).all()) for raw in raws.values()):
        raise FitError("the answers on held-out rows are no longer finite; lower learning_rate")
    for name, raw in raws.items():
        objective = copy.deepcopy(network.objectives[name]).cpu()
        key, held = primary(targets[name]), memory.labels[name]
        weight = _judging_weight(targets[name], held, memory.weight)
        scores = [
            primary_score(targets[name], objective.outputs(one).numpy(), held, weight)
            for one in (raw if objective.classifies else raw[-1:])
        ]
        if scores[-1] is not None:
            metrics[f"{name} {key}" if len(raws) > 1 else key] = scores[-1]
        if objective.classifies and all(one is not None for one in scores):
            short = [1.0 - one for one in scores if one is not None]
        else:
            short = _losses(objective, raw, memory, name, patterns)
        total += 0.5 * short[-1] + 0.5 * float(np.mean(short))
    return Validation(total, metrics)


def _reciprocal_rank(network: Network, memory: Memory, device: torch.device) -> float:
    """The mean over modalities; 0 where no row has two. Raises FitError as above."""
    assert network.space is not None
    rows = compared(memory)
    placed = place_rows(network, rows, device)
    if not all(bool(torch.isfinite(one.values).all()) for one in placed.values()):
        raise FitError("the vectors of held-out rows are no longer finite; lower learning_rate")
    return reciprocal_rank(network.space.contrast, placed, len(rows))


def compared(memory: Memory) -> Memory:
    """The rows held out that are looked for among each other: two thousand at most, evenly from all of them."""
    if len(memory) <= _COMPARED:
        return memory
    return memory.take(np.linspace(0, len(memory) - 1, _COMPARED).astype(int))


def _judging_weight(target: Target, held: Labels, weight: np.ndarray | None) -> np.ndarray | None:
    """Of rows in the metric: classes count by their weights, so that what is chosen is what was asked to be learnt."""
    if not isinstance(target, Discrete) or target.class_weight is None:
        return weight
    return target.loss_weight(held, np.ones(len(held)) if weight is None else weight)


def _losses(objective: Objective, raw: Tensor, memory: Memory, name: str, patterns: Tensor) -> list[float]:
    labels, present = KnownLabels.of(memory.labels[name]), torch.from_numpy(memory.present)
    weight = None if memory.weight is None else torch.from_numpy(memory.weight).float()
    return [
        float(objective.loss(one, labels, (present & pattern).any(dim=1), weight))
        for one, pattern in zip(raw, patterns, strict=True)
    ]
