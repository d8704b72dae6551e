"""Where in the cells of a modality a query points to: one vector, whose products with them say how near each is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from polymodal.contrastive._contrast import Contrast


@dataclass(frozen=True)
class Direction:
    """`[E]` numbers, and whether they go with cells as the model placed them, or with cells around their middle."""

    vector: np.ndarray
    is_whole: bool


@dataclass(frozen=True)
class Directions:
    """Modalities of a space lie in regions of their own (Liang et al. 2022): each is moved to its middle.

    Attributes:
        contrast: what the space was learnt from.
        middles: by modality `[E]`, the mean of its cells.
    """

    contrast: Contrast
    middles: Mapping[str, np.ndarray]

    def centred(self, name: str, values: np.ndarray) -> np.ndarray:
        """`[n, E]` cells around the middle of their modality, of length one again."""
        moved = values - self.middles.get(name, 0.0)
        return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-12))

    def toward(self, query: Mapping[str, np.ndarray], name: str) -> Direction:
        """Of cells of modality `name`; `query` has `[1, E]` by modality."""
        parts = {one: vector for one, vector in query.items() if one != name}
        if self.contrast.is_joint and parts:
            parameter = next(self.contrast.parameters())
            given = {one: torch.from_numpy(vector).to(parameter.device) for one, vector in parts.items()}
            axes = torch.eye(self.contrast.width)
            with torch.no_grad():  # scores are products with the candidates, so those of the axes are the direction
                return Direction(self.contrast.scores(given, name, axes.to(parameter.device))[0].cpu().numpy(), True)
        moved = [self.centred(one, vector)[0] for one, vector in query.items()]
        return Direction(np.asarray(np.mean(moved, axis=0), dtype=np.float32), False)

    def alike(self, query: Mapping[str, np.ndarray], modalities: Iterable[str]) -> dict[str, Direction]:
        """Of each modality that the query has, toward cells that are like its own."""
        return {
            name: Direction(self.centred(name, query[name])[0].astype(np.float32), False)
            for name in modalities
            if name in query
        }
