"""How good a network is on rows it does not learn from, over the lattice of what they could lack."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from polymodal.metrics import primary, score
from polymodal.network import Network
from polymodal.schema.batch import KnownLabels
from polymodal.schema.target import Target
from polymodal.store.memory import Memory
from polymodal.sweep import sweep


@dataclass(frozen=True)
class Validation:
    """The loss over the lattice (half the full rows, half the mean over patterns) and the metric of the full rows."""

    loss: float
    metrics: Mapping[str, float]


@torch.no_grad()
def validate(
    network: Network, memory: Memory, patterns: Tensor, targets: Mapping[str, Target], device: torch.device
) -> Validation:
    """Score a network on held-out rows. The last of `patterns [P, M]` is the full one."""
    raws = sweep(network, memory, patterns.numpy(), device)
    present = torch.from_numpy(memory.present)
    weight = None if memory.weight is None else torch.from_numpy(memory.weight).float()
    total, metrics = 0.0, {}
    for name, raw in raws.items():
        objective = copy.deepcopy(network.objectives[name]).cpu()
        held = memory.labels[name]
        labels = KnownLabels(torch.from_numpy(held.values), torch.from_numpy(held.known))
        losses = [
            float(objective.loss(raw[p], labels, (present & patterns[p]).any(dim=1), weight))
            for p in range(len(patterns))
        ]
        total += 0.5 * losses[-1] + 0.5 * float(np.mean(losses))
        outputs = objective.outputs(raw[-1]).numpy()
        found = score(targets[name], outputs, held, memory.weight)
        key = primary(targets[name])
        if key in found:
            metrics[f"{name} {key}" if len(raws) > 1 else key] = found[key]
    return Validation(total, metrics)
