"""Panels of numbers told by how near they lie to some rows, so that what goes together along curves is straight."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

_AXES, _LEAST = 512, 1e-6  # axes that are kept, and the least share of the largest that one may have


@dataclass(frozen=True)
class Radial:
    """Numbers `[n, F]` -> Gaussians of their distance to m rows `[n, m]`; the numbers themselves where m is 0.

    Attributes:
        around: the rows.
        spread: the squared distance at which a Gaussian has fallen to 1 / e.
    """

    around: Float[Tensor, "m F"]
    spread: Float[Tensor, ""]

    @classmethod
    def of(cls, rows: Float[Tensor, "m F"]) -> Radial:
        """Around these rows, as wide as the middle distance between two of them.

        >>> radial = Radial.of(torch.tensor([[0.0], [2.0]]))
        >>> [round(one, 4) for one in radial(torch.tensor([[0.0]]))[0].tolist()]
        [1.0, 0.3679]
        """
        squares = torch.pdist(rows.double()).square()
        middle = squares.median() if len(squares) else rows.new_ones((), dtype=torch.float64)
        return cls(rows, middle if middle > 0 else torch.ones_like(middle))

    @classmethod
    def none(cls, width: int) -> Radial:
        """Which leaves numbers as they are."""
        return cls(torch.zeros(0, width), torch.ones(()))

    def __call__(self, values: Float[Tensor, "n F"]) -> Float[Tensor, "n m"]:
        if not len(self.around):
            return values
        distances = torch.cdist(values.double(), self.around.double())
        return torch.exp(-distances.square() / self.spread.double())

    def axes(self) -> Float[Tensor, "m S"]:
        """Along which what rows are told by has the products of the kernel (Nystroem; Williams and Seeger 2001)."""
        lengths, directions = torch.linalg.eigh(self(self.around))
        kept = torch.nonzero(lengths > _LEAST * lengths[-1])[-_AXES:, 0]
        return directions[:, kept] / lengths[kept].sqrt()
