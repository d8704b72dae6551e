"""What a cell with an adapted encoder travels on as: a vector for plain models, and states for the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from polymodal.modalities.vector import Vector, VectorStatistics

if TYPE_CHECKING:
    from torch import Tensor


class States(Vector):
    """Samples `[E + ...]`: the frozen encoder's vector of E = `head` numbers, then the states below its last blocks.

    The states are of `shape`, of which -1 is any length, laid flat.
    """

    kind: ClassVar[str] = "states"
    head: int
    shape: tuple[int, ...]

    def measure(self, samples: Sequence[np.ndarray]) -> VectorStatistics:
        return super().measure([sample[: self.head] for sample in samples])

    def prepare(self, sample: np.ndarray, statistics: VectorStatistics) -> np.ndarray:
        head = super().prepare(sample[: self.head], statistics)
        return np.concatenate([head, sample[self.head :]]).astype(np.float32)

    def collate(self, arrays: Sequence[np.ndarray], statistics: VectorStatistics) -> tuple[Tensor, Tensor | None]:
        """States `[n, L, S]`, zero beyond each one's end, and mask `[n, L]`; states of one shape have no mask."""
        import torch

        states = [array[self.head :].reshape(self.shape) for array in arrays]
        if -1 not in self.shape:
            return torch.from_numpy(np.stack(states)), None
        lengths = np.array([len(one) for one in states])
        values = np.zeros((len(states), int(lengths.max()), *self.shape[1:]), dtype=np.float32)
        for row, one in enumerate(states):
            values[row, : len(one)] = one
        return torch.from_numpy(values), torch.from_numpy(np.arange(values.shape[1]) < lengths[:, None])
