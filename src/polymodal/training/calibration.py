"""Probabilities that mean what they say: one temperature for each target, from rows not learnt from."""

from __future__ import annotations

import copy

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch import Tensor

from polymodal.network import Network
from polymodal.objectives._objective import Objective
from polymodal.schema.batch import KnownLabels
from polymodal.store.memory import Memory
from polymodal.sweep import sweep

_RANGE = (-2.5, 2.5)  # of the logarithm; beyond a factor of twelve the network is broken, not miscalibrated


@torch.no_grad()
def calibrate(network: Network, held_out: Memory, patterns: Tensor) -> dict[str, float]:
    """Divide each classifying head by the temperature that makes held-out rows likeliest (Guo et al. 2017).

    All `patterns [P, M]` count alike, so that answers from part of a row are as honest as those from all of it. The
    temperature goes into the weights of the head; classes keep their order, and the prior stays as it is. Returns the
    temperature of each target that has one.
    """
    found = {}
    raws = sweep(network, held_out, patterns.numpy(), next(network.parameters()).device)
    present = torch.from_numpy(held_out.present)
    weight = None if held_out.weight is None else torch.from_numpy(held_out.weight).float()
    for name, objective in network.objectives.items():
        held = held_out.labels[name]
        if not objective.classifies or not held.known.any():
            continue
        labels = KnownLabels.of(held)
        judge = copy.deepcopy(objective).cpu()

        def loss(
            log_temperature: float, name: str = name, labels: KnownLabels = labels, judge: Objective = judge
        ) -> float:
            cooled = raws[name] / np.exp(log_temperature)
            each = [
                judge.loss(raw, labels, (present & p).any(dim=1), weight)
                for raw, p in zip(cooled, patterns, strict=True)
            ]
            return float(torch.stack(each).mean())

        best = minimize_scalar(loss, bounds=_RANGE, method="bounded", options={"xatol": 1e-3})
        found[name] = float(np.exp(best.x))
        objective.head.weight.div_(found[name])
        objective.head.bias.div_(found[name])
    return found
