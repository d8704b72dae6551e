"""The part of a pretrained encoder that goes on learning, as an encoder of the network."""

from __future__ import annotations

from typing import Any, Self

import torch
from torch import Tensor, nn

from polymodal.adapters._update import Updated, update
from polymodal.adapters.lora import LoRA
from polymodal.encoders.vector import VectorEncoder
from polymodal.errors import SettingError
from polymodal.modalities.vector import Vector, VectorStatistics
from polymodal.pretrained._cut import Cut
from polymodal.schema.batch import Field, Tokens

_FAR = 10.0  # standard deviations, as for the vectors of frozen encoders


class AdaptedEncoder(nn.Module):
    """States -> Tokens: the upper blocks with their updates, pooled to a vector, standardised, and the vector encoder.

    Its state holds the updates and what is above them; the pretrained weights are kept with the frozen encoder.
    """

    def __init__(self, cut: Cut, lora: LoRA, statistics: VectorStatistics, width: int, dropout: float) -> None:
        super().__init__()
        updates: list[Updated] = []
        self.upper = cut.resume(lambda block: updates.extend(update(block, lora)))
        if not updates:
            raise SettingError(f"LoRA({lora.base!r}): its last {lora.layers} blocks have no linear layer to adapt")
        self.register_buffer("mean", torch.tensor(statistics.mean), persistent=False)
        self.register_buffer("std", torch.tensor(statistics.std), persistent=False)
        self.head = VectorEncoder(Vector(), statistics, width, dropout)
        self._updates = updates  # in a list, which registers nothing twice
        self._trained = {name for name, weight in self.named_parameters() if weight.requires_grad}

    @property
    def n_trained(self) -> int:
        """Weights of the updates."""
        return sum(one.down.numel() + one.up.numel() for one in self._updates)

    def forward(self, field: Field) -> Tokens:
        vectors = self.upper(field.values, field.mask)
        standard = ((vectors - self.mean) / self.std).clamp(-_FAR, _FAR)
        tokens: Tokens = self.head(Field(standard, field.rows))
        return tokens

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        self.upper.eval()  # statistics and dropout of the pretrained blocks stay as they are when frozen
        for one in self._updates:
            one.dropout.train(mode)
        return self

    def state_dict(self, *given: Any, **named: Any) -> dict[str, Tensor]:  # type: ignore[override]
        prefix = str(named.get("prefix", ""))
        found: dict[str, Tensor] = super().state_dict(*given, **named)
        for name in [one for one in found if one.startswith(f"{prefix}upper.")]:
            if name[len(prefix) :] not in self._trained:
                del found[name]
        return found

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *given: Any) -> None:
        for name, weight in super().state_dict(prefix=prefix).items():
            if name.startswith(f"{prefix}upper.") and name[len(prefix) :] not in self._trained:
                state_dict.setdefault(name, weight)
        super()._load_from_state_dict(state_dict, prefix, *given)


class Adaptation:
    """How to make the encoder of one modality for each network; all share the frozen weights."""

    def __init__(self, cut: Cut, lora: LoRA) -> None:
        self.cut, self.lora = cut, lora

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def encoder(self, statistics: Any, width: int, dropout: float) -> AdaptedEncoder:
        """A new one, whose updates do nothing yet."""
        return AdaptedEncoder(self.cut, self.lora, statistics, width, dropout)
