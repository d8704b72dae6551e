"""Canonical directions: where panels of numbers, such as frozen embeddings, go together, found in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from polymodal.contrastive._moments import Moments
from polymodal.contrastive._radial import Radial
from polymodal.nn.named import Named

_MAIN, _CANONICAL = 512, 256  # directions of one modality that are looked at, and of all together that are kept


class Canonical(nn.Module):
    """Panels of numbers `[n, F]` -> vectors of length one `[n, K]`; nothing until directions are `set`.

    Ridge canonical correlation analysis (Hotelling 1936; Vinod 1976), of more than two modalities by the sum of all
    their correlations (Horst 1961; Kettenring 1971), each direction as long as what it tells.
    """

    def __init__(self, widths: Mapping[str, int]) -> None:
        super().__init__()
        self.widths = dict(widths)
        self.sides = Named({name: _Side(width) for name, width in widths.items()})
        self.share: Tensor
        self.register_buffer("share", torch.zeros(()))

    @property
    def is_set(self) -> bool:
        """Whether vectors in the space hold a part of these."""
        return float(self.share) > 0

    def set(
        self,
        directions: Mapping[str, tuple[Tensor, Tensor]],
        share: float,
        radial: Mapping[str, Radial] | None = None,
    ) -> None:
        """Directions, as `canonical_directions` found them, and how much they are to count, from 0 to 1.

        They are of the numbers themselves, or of how near these lie to the rows of `radial`.
        """
        self.share = torch.full_like(self.share, share)
        for name, (mean, weights) in directions.items():
            side, like = self.sides[name], self.share
            side.mean, side.weights = mean.to(like), weights.to(like)
            one = Radial.none(self.widths[name]) if radial is None else radial[name]
            side.around, side.spread = one.around.to(like), one.spread.to(like)

    def beside(self, name: str, learnt: Float[Tensor, "n E"], values: Float[Tensor, "n F"]) -> Float[Tensor, "n EK"]:
        """Vectors of length one whose products are `share` of those along directions, and the rest of those learnt.

        Of a modality without directions `values` is not looked at, and all is what was learnt.
        """
        if name not in self.sides or not self.sides[name].weights.shape[1]:
            size = max(side.weights.shape[1] for side in self.sides.values())
            return torch.cat([learnt, learnt.new_zeros(len(learnt), size)], dim=1)
        parts = [learnt * torch.sqrt(1 - self.share), self.sides[name](values.float()) * torch.sqrt(self.share)]
        return torch.cat(parts, dim=1)


class _Side(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.mean: Tensor
        self.weights: Tensor
        self.around: Tensor
        self.spread: Tensor
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("weights", torch.zeros(width, 0))
        self.register_buffer("around", torch.zeros(0, width))
        self.register_buffer("spread", torch.ones(()))

    def forward(self, values: Float[Tensor, "n F"]) -> Float[Tensor, "n K"]:
        # Directions of little variance are stretched a lot, and rounding with them.
        told = Radial(self.around, self.spread)(values).double()
        return F.normalize((told - self.mean.double()) @ self.weights.double(), dim=1).float()

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *given: Any) -> None:
        for name in ("mean", "weights", "around"):  # how many there are was found in the data
            kept = state_dict.get(f"{prefix}{name}")
            if kept is not None and kept.ndim == getattr(self, name).ndim:
                setattr(self, name, self.mean.new_zeros(kept.shape))
        super()._load_from_state_dict(state_dict, prefix, *given)


@dataclass(frozen=True)
class Main:
    """The main directions `[F, R]` of one modality, the variances along them, and the mean variance of its numbers."""

    directions: Float[Tensor, "F R"]
    variances: Float[Tensor, " R"]
    mean_variance: float

    @classmethod
    def of(cls, covariance: Float[Tensor, "F F"], axes: Float[Tensor, "F S"] | None = None) -> Main:
        """Those of the largest variances, of all directions or of those that `axes` span."""
        within = covariance if axes is None else axes.T @ covariance @ axes
        variances, directions = torch.linalg.eigh(within)
        variances = variances.clamp(min=0.0)
        kept = slice(max(0, len(variances) - _MAIN), len(variances))
        found = directions[:, kept]
        return cls(found if axes is None else axes @ found, variances[kept], float(variances.mean()))

    def whitening(self, ridge: float) -> Float[Tensor, "F R"]:
        """Along which values have unit variance but for the ridge."""
        return self.directions / torch.sqrt(self.variances + ridge * self.mean_variance).clamp(min=1e-12)


def canonical_directions(
    moments: Moments, main: Mapping[str, Main], ridge: float
) -> dict[str, tuple[Float[Tensor, " F"], Float[Tensor, "F K"]]]:
    """By modality its mean and its directions.

    `ridge` is added to the variance of each number, as a share of their mean variance: the fewer rows there are to tell
    the variances from, the more is right.
    """
    whitened = {name: one.whitening(ridge) for name, one in main.items()}
    place, end = {}, 0
    for name, one in whitened.items():
        place[name] = slice(end, end := end + one.shape[1])
    joint = torch.zeros(end, end, dtype=torch.float64)
    for first, second in moments.pairs:
        block = whitened[first].T @ moments.across(first, second) @ whitened[second]
        joint[place[first], place[second]] = block
        joint[place[second], place[first]] = block.T
    told, vectors = torch.linalg.eigh(joint)
    size = min(_CANONICAL, *(one.shape[1] for one in whitened.values()))
    told, vectors = told[-size:].clamp(min=0.0), vectors[:, -size:]
    # Each direction is as long as the correlation along it.
    return {name: (moments.mean(name), one @ vectors[place[name]] * told) for name, one in whitened.items()}
