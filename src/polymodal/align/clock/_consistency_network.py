"""The network and the loss of temporal cycle consistency; loaded where it is asked for, since it loads torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Embedding(nn.Module):
    """Frames `[T, C]` and their neighbours to `[T, D]`."""

    def __init__(self, channels: int, width: int, size: int, context: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(channels, width, 2 * context + 1)
        self.second = nn.Conv1d(width, width, 1)
        self.last = nn.Linear(width, size)
        self.context = context

    def forward(self, frames: Tensor) -> Tensor:
        padded = F.pad(frames.T[None], (self.context, self.context), mode="replicate")
        hidden = F.relu(self.second(F.relu(self.first(padded))))
        embedded: Tensor = self.last(hidden[0].T)
        return embedded


def cycle_back(first: Tensor, second: Tensor, temperature: float, spread: float) -> Tensor:
    """Cycle-back regression: from each of `[N, D]` to its soft neighbour in `[M, D]` and back to a place in `[N]`.

    The squared error of the place, in spreads of the places that come into question, and `spread` times the logarithm
    of theirs, so that few come into question.
    """
    forth = torch.softmax(-(torch.cdist(first, second) ** 2) / temperature, dim=1) @ second
    back = torch.softmax(-(torch.cdist(forth, first) ** 2) / temperature, dim=1)
    places = torch.linspace(0, 1, len(first), dtype=first.dtype)
    mean = back @ places
    variance = (back * (places - mean[:, None]) ** 2).sum(dim=1) + 1e-4
    loss: Tensor = ((places - mean) ** 2 / variance + spread * 0.5 * torch.log(variance)).mean()
    return loss
