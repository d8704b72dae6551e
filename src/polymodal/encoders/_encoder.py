"""What every encoder is: present samples in, a few tokens each out."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from polymodal.schema.batch import Field, Tokens
from polymodal.schema.modality import Modality


class Encoder(nn.Module):
    """Field -> Tokens. A sample's tokens depend on that sample only; an absent sample never gets here.

    Built as `Encoder(modality, statistics, width, dropout)`: settings, what was measured on the training rows, and
    the width D of the tokens. `kinds` names the modalities whose samples it can read; empty, it is not checked.
    """

    kinds: ClassVar[tuple[str, ...]] = ()

    def __init__(self, modality: Modality, statistics: Any, width: int, dropout: float) -> None:
        super().__init__()

    @abstractmethod
    def forward(self, field: Field) -> Tokens:
        """Tokens `[n, T, D]` for the `n` present samples."""


def all_real(values: Tensor, field: Field) -> Tokens:
    """Tokens `[n, T, D]` of which none is padding."""
    return Tokens(values, torch.ones(values.shape[:2], dtype=torch.bool, device=values.device), field.rows)
