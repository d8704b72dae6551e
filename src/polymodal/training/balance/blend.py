"""Gradient blending: a loss counts by how much what it learns also holds on rows held out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from polymodal.network import Network
from polymodal.registry import BALANCES
from polymodal.store.memory import Memory
from polymodal.training.balance._balance import Backward, Balance, Note
from polymodal.training.step import Losses

_LONGEST_SPAN = 5  # epochs between two measurements
_EQUAL = 0.2  # share of the weight that is dealt out equally, so that nothing stops learning
_LEAST = 0.1  # part of the largest overfitting that any loss is taken to have
_ROWS = 1024  # answered at once


@BALANCES.register("blend")
class GradientBlending(Balance):
    """Weights of the losses from their overfitting-to-generalisation ratios (Wang et al. 2020), every few epochs.

    The paper trains each modality by itself from every measurement on; here all is measured along the one training,
    on the validation rows and on as many training rows. A note has the weights of each modality and last of all
    together, and where it was measured, the losses.
    """

    def begin(self, notes: Sequence[Note]) -> None:
        self._epoch = len(notes)
        measured = [one for one in notes if "train" in one]
        n_losses = len(self.names) + 1
        if len(measured) < 2:
            self.weights = [1 / n_losses] * n_losses
            return
        before, after = (np.array([one["train"], one["validation"]]) for one in measured[-2:])
        self.weights = blending_weights(before, after)

    def backward(self, network: Network, losses: Losses, backward: Backward) -> Tensor:
        weights = dict(zip(self.names, self.weights, strict=False))
        total = self.weights[-1] * losses.joint
        for name, one in losses.alone.items():
            total = total + weights[name] * one
        backward(total)
        return total

    def finish(
        self, network: Network, train: Memory, validation: Memory, device: torch.device
    ) -> dict[str, list[float]]:
        span = min(max(self.n_epochs // 10, 1), _LONGEST_SPAN)
        if (self._epoch + 1) % span:
            return {"weights": self.weights}
        rows = np.unique(np.linspace(0, len(train) - 1, min(len(validation), len(train))).astype(int))
        measured = [_losses(network, some, device, self.names) for some in (train.take(rows), validation)]
        return {"weights": self.weights, "train": measured[0], "validation": measured[1]}


def blending_weights(before: np.ndarray, after: np.ndarray) -> list[float]:
    """K weights that sum to 1, from two measurements `[2, K]` of the losses on training rows and on rows held out.

    A loss counts as its generalisation (the fall on rows held out) over the square of its overfitting (how much the
    two have moved apart); alike if none has generalised.

    >>> [round(one, 3) for one in blending_weights(np.array([[1, 1], [1, 1]]), np.array([[0.4, 0.2], [0.6, 0.6]]))]
    [0.74, 0.26]
    """
    gained = np.maximum(before[1] - after[1], 0.0)
    overfitting = np.abs((after[1] - after[0]) - (before[1] - before[0]))
    overfitting = np.maximum(overfitting, max(_LEAST * float(overfitting.max()), 1e-6))
    shares = gained / overfitting**2
    total = float(shares.sum())
    shares = shares / total if total > 0 else np.full(len(shares), 1 / len(shares))
    return [float(one) for one in (1 - _EQUAL) * shares + _EQUAL / len(shares)]


@torch.no_grad()
def _losses(network: Network, memory: Memory, device: torch.device, names: Sequence[str]) -> list[float]:
    """Mean loss of each modality by itself over the rows that have it, and of all together."""
    network.eval()
    totals, counts = np.zeros(len(names) + 1), np.zeros(len(names) + 1)
    for _, batch in memory.batches(_ROWS, with_labels=True):
        there = batch.to(device)
        tokens = network.encode(there)
        found = {
            names.index(name): (network.loss_alone({name: one}, there), len(one.rows)) for name, one in tokens.items()
        }
        found[len(names)] = network.loss(network.fuse(tokens, there.size), there), there.size
        for place, (loss, n) in found.items():
            totals[place] += float(loss) * n
            counts[place] += n
    return [float(one) for one in totals / np.maximum(counts, 1)]
