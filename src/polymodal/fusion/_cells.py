"""Fusions that read each cell once: what a subset of a row costs is what happens after reading."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from polymodal.fusion._fusion import Fusion
from polymodal.schema.batch import Fused, Tokens


class CellFusion(Fusion):
    """One vector a present cell, made once; an answer from any subset of a row's vectors."""

    def __init__(self, names: Sequence[str], width: int, dropout: float) -> None:
        super().__init__(names, width, dropout)
        self.width = width

    @abstractmethod
    def read(self, name: str, tokens: Tokens) -> Float[Tensor, "n C"]:
        """The vector of each cell of one modality; where modalities differ in C, the shorter are padded with zeros."""

    @abstractmethod
    def answer(self, cells: Float[Tensor, "B M C"], kept: Bool[Tensor, "P B M"]) -> Float[Tensor, "P B D"]:
        """Answer each of B rows from each of P subsets of its cells.

        Cells that are not there are zeros, and never kept. What comes out where nothing is kept is thrown away, but
        has to be finite.
        """

    def forward(self, tokens: Mapping[str, Tokens], size: int) -> Fused:
        return self._fused(tokens, presence(tokens, self.names, size, next(self.parameters()))[None])

    def under(self, tokens: Mapping[str, Tokens], kept: Bool[Tensor, "P B M"]) -> Fused:
        return self._fused(tokens, kept & presence(tokens, self.names, kept.shape[1], kept))

    def _fused(self, tokens: Mapping[str, Tokens], kept: Bool[Tensor, "P B M"]) -> Fused:
        known = kept.any(dim=2).flatten()
        if not tokens:
            return Fused(next(self.parameters()).new_zeros(len(known), self.width), known)
        # In full precision whatever the arithmetic of the layers, so that all modalities are of one kind.
        said = {name: self.read(name, one).float() for name, one in tokens.items()}
        longest = max(one.shape[1] for one in said.values())
        cells = next(iter(said.values())).new_zeros(kept.shape[1] * len(self.names), longest)
        for name, one in said.items():
            places = tokens[name].rows * len(self.names) + self.names.index(name)
            cells = cells.index_copy(0, places, F.pad(one, (0, longest - one.shape[1])))
        values = self.answer(cells.unflatten(0, (-1, len(self.names))), kept).flatten(0, 1)
        return Fused(values if bool(known.all()) else values.masked_fill(~known[:, None], 0.0), known)


def presence(tokens: Mapping[str, Tokens], names: Sequence[str], size: int, like: Tensor) -> Bool[Tensor, "B M"]:
    """Which modalities each row has."""
    present = torch.zeros(size, len(names), dtype=torch.bool, device=like.device)
    for name, one in tokens.items():
        present[one.rows, names.index(name)] = True
    return present


def summed(cells: Float[Tensor, "B M C"], kept: Bool[Tensor, "P B M"]) -> Float[Tensor, "P B C"]:
    """The sum of the kept cells of each row under each subset."""
    return (kept.transpose(0, 1).to(cells.dtype) @ cells).transpose(0, 1)
