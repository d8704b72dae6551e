"""What every way of balancing is: the losses of a step to its gradients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from polymodal.network import Network
from polymodal.store.memory import Memory
from polymodal.training.step import Losses

Note = Mapping[str, Sequence[float]]
Backward = Callable[..., None]  # a loss, and the arguments of Tensor.backward


class Balance(ABC):
    """Losses of each modality alone and of all together -> the gradients of the network.

    Built as `Balance(names, n_epochs)` for modalities in the order of `names`. It keeps nothing from epoch to epoch
    but the notes that it made after each: they are saved with the run, so that one broken off goes on as it would have.
    """

    def __init__(self, names: Sequence[str], n_epochs: int) -> None:
        self.names, self.n_epochs = tuple(names), n_epochs

    @abstractmethod
    def begin(self, notes: Sequence[Note]) -> None:
        """Get ready for an epoch; `notes` are those of the epochs before it."""

    @abstractmethod
    def backward(self, network: Network, losses: Losses, backward: Backward) -> Tensor:
        """Leave the gradients of a step in `network`, through `backward`, and return the loss that they are of."""

    @abstractmethod
    def finish(
        self, network: Network, train: Memory, validation: Memory, device: torch.device
    ) -> dict[str, list[float]]:
        """The note on the epoch that is over: finite numbers in the order of `names`."""
