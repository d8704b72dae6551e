"""How good a network is on rows it does not learn from, over the lattice of what they could lack."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from polymodal.errors import FitError
from polymodal.metrics import primary, score
from polymodal.network import Network
from polymodal.objectives._objective import Objective
from polymodal.schema.batch import KnownLabels
from polymodal.schema.target import Discrete, Labels, Target
from polymodal.store.memory import Memory
from polymodal.sweep import sweep


@dataclass(frozen=True)
class Validation:
    """How a network does on held-out rows.

    Attributes:
        shortfall: what early stopping makes small: half that of the full rows, half the mean over the patterns. For
            classes it is 1 minus the metric, because accuracy goes on rising after the likelihood has turned, and
            calibration mends the likelihood; for numbers and survival it is the loss.
        metrics: the metric that matters, of the full rows, for each target.
        by_part: the shortfall on each part of the rows that was asked for.
    """

    shortfall: float
    metrics: Mapping[str, float]
    by_part: Sequence[float] = ()


@torch.no_grad()
def validate(
    network: Network,
    memory: Memory,
    patterns: Tensor,
    targets: Mapping[str, Target],
    device: torch.device,
    parts: Sequence[np.ndarray] = (),
) -> Validation:
    """Score a network on held-out rows. The last of `patterns [P, M]` is the full one; `parts` are positions of rows.

    Raises FitError when an answer is not finite.
    """
    raws = sweep(network, memory, patterns.numpy(), device)
    if not all(bool(torch.isfinite(raw).all()) for raw in raws.values()):
        raise FitError("the answers on held-out rows are no longer finite; lower learning_rate")
    objectives = {name: copy.deepcopy(network.objectives[name]).cpu() for name in raws}
    shortfall, metrics = _judge(objectives, raws, memory, patterns, targets)
    by_part = []
    for rows in parts:
        said = {name: raw[:, torch.from_numpy(rows)] for name, raw in raws.items()}
        by_part.append(_judge(objectives, said, _labels_of(memory, rows), patterns, targets)[0])
    return Validation(shortfall, metrics, by_part)


def _judge(
    objectives: Mapping[str, Objective],
    raws: Mapping[str, Tensor],
    memory: Memory,
    patterns: Tensor,
    targets: Mapping[str, Target],
) -> tuple[float, dict[str, float]]:
    total, metrics = 0.0, {}
    for name, raw in raws.items():
        objective, key, held = objectives[name], primary(targets[name]), memory.labels[name]
        weight = _judging_weight(targets[name], held, memory.weight)
        scores = [
            score(targets[name], objective.outputs(one).numpy(), held, weight).get(key)
            for one in (raw if objective.classifies else raw[-1:])
        ]
        if scores[-1] is not None:
            metrics[f"{name} {key}" if len(raws) > 1 else key] = scores[-1]
        if objective.classifies and all(one is not None for one in scores):
            short = [1.0 - one for one in scores if one is not None]
        else:
            short = _losses(objective, raw, memory, name, patterns)
        total += 0.5 * short[-1] + 0.5 * float(np.mean(short))
    return total, metrics


def _judging_weight(target: Target, held: Labels, weight: np.ndarray | None) -> np.ndarray | None:
    """Of rows in the metric: classes count by their weights, so that what is chosen is what was asked to be learnt."""
    if not isinstance(target, Discrete) or target.class_weight is None:
        return weight
    return target.loss_weight(held, np.ones(len(held)) if weight is None else weight)


def _labels_of(memory: Memory, rows: np.ndarray) -> Memory:
    """Labels, weights and presence of some rows; their cells are not needed any more."""
    return replace(memory, arrays={}).take(rows)


def _losses(objective: Objective, raw: Tensor, memory: Memory, name: str, patterns: Tensor) -> list[float]:
    held, present = memory.labels[name], torch.from_numpy(memory.present)
    labels = KnownLabels(torch.from_numpy(held.values), torch.from_numpy(held.known))
    weight = None if memory.weight is None else torch.from_numpy(memory.weight).float()
    return [
        float(objective.loss(one, labels, (present & pattern).any(dim=1), weight))
        for one, pattern in zip(raw, patterns, strict=True)
    ]
