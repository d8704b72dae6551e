"""Rows from easy to hard: first those that the network answers well, in the end all of them."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping

import numpy as np
import torch

from polymodal.network import Network
from polymodal.schema.batch import KnownLabels
from polymodal.schema.target import Discrete, Target
from polymodal.store.memory import Memory
from polymodal.sweep import sweep
from polymodal.training.plan import Plan

_WARM = 0.1  # share of the training in which all rows are shown, so that the network has an opinion
_FIRST = 0.5  # share of the rows shown then
_ALL_FROM = 0.5  # share of the training after which all are shown again


class Difficulty:
    """Self-paced learning (Kumar et al. 2010): an epoch shows the rows of least loss, and ever more of them.

    They are taken from each class and each presence pattern alike, or the rare ones would be the hard ones that never
    come. What is shown hangs on the network alone, so that a run that goes on from a checkpoint shows the same.
    """

    def __init__(self, train: Memory, targets: Mapping[str, Target]) -> None:
        keys = [train.present]
        for name, target in targets.items():
            if isinstance(target, Discrete):
                held = train.labels[name]
                keys.append(np.where(held.known, held.values, -1)[:, None])
        _, strata = np.unique(np.concatenate(keys, axis=1), axis=0, return_inverse=True)
        self.strata, self.train = strata.ravel(), train

    def rows(self, network: Network, done: float, device: torch.device) -> np.ndarray:
        """Ascending positions of the rows to show when a share `done` of the training is over."""
        share = share_shown(done)
        if share == 1.0:
            return np.arange(len(self.train))
        return easiest(difficulties(network, self.train, device), self.strata, self.train.weight, share)


def share_shown(done: float) -> float:
    """Which share of the rows is shown: all, then the easier half, then more and more until all are there again.

    >>> [share_shown(done) for done in (0.0, 0.1, 0.3, 0.5, 1.0)]
    [1.0, 0.5, 0.75, 1.0, 1.0]
    """
    if done < _WARM:
        return 1.0
    return min(1.0, _FIRST + (1 - _FIRST) * (done - _WARM) / (_ALL_FROM - _WARM))


def all_shown_from(plan: Plan) -> int:
    """The epoch from which every row is shown to the end."""
    return math.ceil(plan.pretrain + _ALL_FROM * (plan.epochs - plan.pretrain)) if plan.curriculum != "none" else 0


def difficulties(network: Network, memory: Memory, device: torch.device) -> np.ndarray:
    """`[N]` how much the loss of full rows would rise if a row counted more, summed over the targets.

    For a loss that is a mean over rows that is the row's own loss, on another scale; for the partial likelihood it is
    what the row adds to it, as an event and in the risk sets of others.
    """
    full = np.ones((1, memory.present.shape[1]), dtype=bool)
    present = torch.from_numpy(memory.present.any(axis=1))
    weight = torch.ones(len(memory)) if memory.weight is None else torch.from_numpy(memory.weight).float()
    total = torch.zeros(len(memory))
    for name, raw in sweep(network, memory, full, device).items():
        objective, labels = copy.deepcopy(network.objectives[name]).cpu(), KnownLabels.of(memory.labels[name])
        counts = weight.clone().requires_grad_()
        (slope,) = torch.autograd.grad(objective.loss(raw[0], labels, present, counts), counts)
        total += slope * len(memory)
    return total.numpy()


def easiest(difficulty: np.ndarray, strata: np.ndarray, weight: np.ndarray | None, share: float) -> np.ndarray:
    """Ascending positions of the easiest rows of each stratum that carry `share` of its weight, one at least.

    >>> easiest(np.array([3.0, 1.0, 2.0, 9.0]), np.array([0, 0, 0, 1]), None, 0.5).tolist()
    [1, 2, 3]
    """
    weight = np.ones(len(strata)) if weight is None else weight
    order = np.lexsort([difficulty, strata])
    own, held = strata[order], weight[order]
    totals = np.bincount(own, held)
    before = np.cumsum(held) - held
    starts = np.concatenate([[0.0], np.cumsum(totals)])[own]
    return np.sort(order[before - starts < share * totals[own] - 1e-9 * totals[own]])
