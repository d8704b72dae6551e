"""Which modalities a training row is shown with: uniform over the lattice of what it has.

The distribution over patterns in training is worth 20 to 30 points on the patterns met later, far more than the
architecture; sampling single modalities at a fixed dropout rate protects only up to that rate (MuteBench,
arXiv 2605.15235).
"""

from __future__ import annotations

import torch
from jaxtyping import Bool
from torch import Tensor


def uniform_patterns(present: Bool[Tensor, "B M"], generator: torch.Generator | None = None) -> Bool[Tensor, "B M"]:
    """For each row one non-empty subset of its present modalities, all equally likely; empty for an empty row.

    >>> uniform_patterns(torch.tensor([[True, False]])).tolist()
    [[True, False]]
    """
    kept = _coins(present, generator)
    empty = ~kept.any(dim=1) & present.any(dim=1)
    while bool(empty.any()):  # drawing again until something is kept leaves the rest uniform
        kept[empty] = _coins(present[empty], generator)
        empty = ~kept.any(dim=1) & present.any(dim=1)
    return kept


def _coins(present: Tensor, generator: torch.Generator | None) -> Tensor:
    return (torch.rand(present.shape, generator=generator) < 0.5).to(present.device) & present


def validation_patterns(n_modalities: int, most: int = 32, seed: int = 0) -> Bool[Tensor, "P M"]:
    """Patterns to validate on: every non-empty one while there are at most `most`, else a sample; the full one last."""
    if n_modalities <= 62 and 2**n_modalities - 1 <= most:
        codes = torch.arange(1, 2**n_modalities)
        return (codes[:, None] >> torch.arange(n_modalities)) & 1 == 1
    generator = torch.Generator().manual_seed(seed)
    drawn = uniform_patterns(torch.ones(most - 1, n_modalities, dtype=torch.bool), generator)
    return torch.cat([drawn, torch.ones(1, n_modalities, dtype=torch.bool)])
