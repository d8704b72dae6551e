"""Which rows of two tables belong together, and how far apart they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np


class Links(Protocol):
    """What a join found.

    Attributes:
        pairs: `[P, 2]` int64, positions of rows that belong together, of the left and of the right.
        distances: `[P]` float64; None where that has no meaning.
    """

    @property
    def pairs(self) -> np.ndarray: ...
    @property
    def distances(self) -> np.ndarray | None: ...


@dataclass(frozen=True)
class Pairs:
    """Links that were written out."""

    pairs: np.ndarray
    distances: np.ndarray | None


@dataclass(frozen=True)
class OneEach:
    """At most one link a row of the left, written out when asked for: of many rows that takes longer than finding.

    `rows [n]` of the right and how much earlier they are, `lags [n]` in `scale` to a second, hold where `found [n]`.
    """

    rows: np.ndarray
    found: np.ndarray
    lags: np.ndarray
    scale: float

    @cached_property
    def pairs(self) -> np.ndarray:
        """In the order of the left."""
        # In two runs, which are written faster than pairs.
        return np.stack([np.flatnonzero(self.found), self.rows[self.found]]).T

    @cached_property
    def distances(self) -> np.ndarray:
        """In seconds."""
        return np.asarray(np.abs(self.lags[self.found]).astype(np.float64) / self.scale)
