"""The typed records between the stages: Field, Batch, Tokens, Fused, Term. Only what is present is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from polymodal.schema.target import Labels


@dataclass(frozen=True)
class Field:
    """One modality of a batch, present rows only.

    Attributes:
        values: `[n, ...]` collated samples, or their items where a sample has several.
        rows: `[n]` which row of the batch each belongs to, ascending; once for each item.
        mask: True where `values` is real, for kinds of unequal length or with gaps inside; None where all of it is.
    """

    values: Tensor
    rows: Int64[Tensor, " n"]
    mask: Bool[Tensor, "n ..."] | None = None

    def cleared(self) -> Field:
        """The same field with zero where `mask` is False, whatever lay there."""
        if self.mask is None:
            return self
        gaps = ~self.mask.view(*self.mask.shape, *[1] * (self.values.ndim - self.mask.ndim))
        return Field(self.values.masked_fill(gaps, 0), self.rows, self.mask)

    def to(self, device: torch.device | str) -> Field:
        """The same field on another device."""
        mask = None if self.mask is None else self.mask.to(device)
        return Field(self.values.to(device), self.rows.to(device), mask)


@dataclass(frozen=True)
class KnownLabels:
    """The labels of one target in a batch: values and which of them are known."""

    values: Tensor
    known: Bool[Tensor, "B ..."]

    @classmethod
    def of(cls, labels: Labels) -> KnownLabels:
        """The same as tensors, which share their memory."""
        return cls(torch.from_numpy(labels.values), torch.from_numpy(labels.known))

    def to(self, device: torch.device | str) -> KnownLabels:
        """The same labels on another device."""
        return KnownLabels(self.values.to(device), self.known.to(device))


@dataclass(frozen=True)
class Batch:
    """`size` rows: a Field for each modality that any of them has, labels for each target, a weight for each row.

    `places [B]` says where a loader found each row; `same [B]` is equal for rows that are said to show the same thing,
    and below 0 where nothing is said.
    """

    fields: Mapping[str, Field]
    size: int
    labels: Mapping[str, KnownLabels] = field(default_factory=dict)
    weight: Float[Tensor, " B"] | None = None
    places: Int64[Tensor, " B"] | None = None
    same: Int64[Tensor, " B"] | None = None

    def present(self, names: Sequence[str]) -> Bool[Tensor, "B M"]:
        """Which of the modalities `names` each row has."""
        present = torch.zeros(self.size, len(names), dtype=torch.bool)
        for position, name in enumerate(names):
            if name in self.fields:
                present[self.fields[name].rows, position] = True
        return present

    def to(self, device: torch.device | str) -> Batch:
        """The same batch on another device."""
        return replace(
            self,
            fields={name: one.to(device) for name, one in self.fields.items()},
            labels={name: labels.to(device) for name, labels in self.labels.items()},
            weight=None if self.weight is None else self.weight.to(device),
            same=None if self.same is None else self.same.to(device),
        )


@dataclass(frozen=True)
class Tokens:
    """An encoded Field.

    Attributes:
        values: `[n, T, D]`.
        mask: `[n, T]`, True where a token is real.
        rows: `[n]` row of the batch, ascending.
    """

    values: Float[Tensor, "n T D"]
    mask: Bool[Tensor, "n T"]
    rows: Int64[Tensor, " n"]


@dataclass(frozen=True)
class Fused:
    """The answer-to-be of each row: `values [B, D]`, and `known [B]`, False where nothing at all was present."""

    values: Float[Tensor, "B D"]
    known: Bool[Tensor, " B"]


@dataclass(frozen=True)
class Term:
    """One objective's share of the loss."""

    loss: Float[Tensor, ""]
