"""One step of training as a forward pass: rows under patterns in, losses out."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from polymodal.network import Network
from polymodal.schema.batch import Batch, Tokens
from polymodal.training.gradient_cache import encode_in_parts

ALONE = 0.5  # weight of the loss of each modality by itself


class Shown:
    """A batch and the patterns `[P, B, M]` it is shown under.

    No dataclass, tuple or dict on purpose: Fabric would look into it and round labels to the precision of the
    arithmetic.
    """

    def __init__(self, batch: Batch, kept: Tensor) -> None:
        self.batch, self.kept = batch, kept


class Losses:
    """The losses of a step apart: of what all modalities say together, and of each by itself.

    Attributes:
        joint: of the rows under all their patterns.
        alone: by modality, of its rows; what no row of the batch has is not in it.
        tokens, batch: what they were computed from.
    """

    def __init__(self, joint: Tensor, alone: Mapping[str, Tensor], tokens: Mapping[str, Tokens], batch: Batch) -> None:
        self.joint, self.alone, self.tokens, self.batch = joint, alone, tokens, batch

    @property
    def total(self) -> Tensor:
        """The losses as they are added up where nothing is balanced."""
        return self.joint + ALONE * torch.stack([*self.alone.values()]).mean()


class Step(nn.Module):
    """The loss of a step, or its Losses if they are to be kept apart; a module, so that Fabric can wrap it.

    Rows are encoded `rows_at_once` at a time, where that is not None; in a space, cells are compared with those of all
    `n_ranks` ranks that take the step together.
    """

    def __init__(self, network: Network, apart: bool, rows_at_once: int | None = None, n_ranks: int = 1) -> None:
        super().__init__()
        self.network, self.apart, self.rows_at_once, self.n_ranks = network, apart, rows_at_once, n_ranks

    def forward(self, shown: Shown) -> Tensor | Losses:
        """Loss of the rows under each pattern, of each modality by itself, and of the cells compared in the space.

        Under no pattern the first is left out; what the network has no target or no space for is not there.
        """
        batch, kept = shown.batch, shown.kept
        tokens = encode_in_parts(self.network, batch, self.rows_at_once)
        compared = self.network.loss_in_space(tokens, batch, self.n_ranks)
        if not self.network.objectives:
            return compared
        if not len(kept):
            return compared + self.network.loss_alone(tokens, batch)
        fused = self.network.fuse_under(tokens, kept)
        joint = compared + self.network.loss(fused, batch, len(kept))
        if not self.apart:
            return joint + ALONE * self.network.loss_alone(tokens, batch)
        alone = {name: self.network.loss_alone({name: one}, batch) for name, one in tokens.items()}
        return Losses(joint, alone, tokens, batch)
