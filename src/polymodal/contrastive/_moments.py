"""Means, variances and covariances of panels of numbers that stand in the same rows, added up batch by batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from polymodal.schema.batch import Field


class Moments:
    """Of each modality over the rows that have it, of each pair over the rows that have both.

    Built as `Moments(widths, pairs)`, F numbers by modality, and the pairs that are looked at.
    """

    def __init__(self, widths: Mapping[str, int], pairs: Sequence[tuple[str, str]]) -> None:
        self.pairs = tuple(pairs)
        self._own = {name: _Sums(width, width) for name, width in widths.items()}
        self._across = {(a, b): _Sums(widths[a], widths[b]) for a, b in pairs}

    def add(self, fields: Mapping[str, Field]) -> None:
        """The cells of some rows; modalities that are not among `widths` are left aside."""
        here = {name: fields[name].cleared() for name in self._own if name in fields}
        for name, one in here.items():
            values = one.values.double()
            self._own[name].add(values, values)
        for (first, second), sums in self._across.items():
            if first in here and second in here:
                a, b = here[first], here[second]
                sums.add(a.values[torch.isin(a.rows, b.rows)].double(), b.values[torch.isin(b.rows, a.rows)].double())

    def mean(self, name: str) -> Float[Tensor, " F"]:
        """Of all rows that have the modality."""
        return self._own[name].means[0]

    def covariance(self, name: str) -> Float[Tensor, "F F"]:
        """Of the numbers of one modality."""
        return self._own[name].covariance

    def across(self, first: str, second: str) -> Float[Tensor, "F G"]:
        """Of the numbers of two modalities; zero where no row has both."""
        return self._across[first, second].covariance


class _Sums:
    def __init__(self, width: int, other: int) -> None:
        self.n = 0
        self.first, self.second = (torch.zeros(one, dtype=torch.float64) for one in (width, other))
        self.products = torch.zeros(width, other, dtype=torch.float64)

    def add(self, first: Tensor, second: Tensor) -> None:
        self.n += len(first)
        self.first += first.sum(dim=0)
        self.second += second.sum(dim=0)
        self.products.addmm_(first.T, second)

    @property
    def means(self) -> tuple[Tensor, Tensor]:
        return self.first / max(self.n, 1), self.second / max(self.n, 1)

    @property
    def covariance(self) -> Tensor:
        first, second = self.means
        return self.products / max(self.n, 1) - first[:, None] * second
