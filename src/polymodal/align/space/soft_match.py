"""Soft match: which spots go with which, by how much, and which took no part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class SoftMatch:
    """What `expression` brought together.

    Attributes:
        plan: `[n, m]` weight of each pair of a moving and a fixed spot, scipy sparse; the rows of spots that took no
            part are empty.
        moving_names, fixed_names: of the spots.
        genes: by which they were compared.
        left_out: the spots that took no part: `side`, `row`, `name`, `counts`, `reason`; a frame.
    """

    plan: Any
    moving_names: tuple[str, ...]
    fixed_names: tuple[str, ...]
    genes: tuple[str, ...]
    left_out: pd.DataFrame

    def __repr__(self) -> str:
        n, m = self.plan.shape
        return (
            f"{self.plan.nnz:,} pairs of {n:,} moving and {m:,} fixed spots by {len(self.genes):,} genes; "
            f"{self.partners:.3g} partners a spot, {len(self.left_out):,} spots left out"
        )

    @property
    def entropies(self) -> np.ndarray:
        """`[n]` of what each moving spot goes with, in nats: 0 for one partner; NaN for a spot without any."""
        weights = np.asarray(self.plan.sum(axis=1)).ravel()
        whole = self.plan.tocoo()
        with np.errstate(invalid="ignore", divide="ignore"):
            share = whole.data / weights[whole.row]
            told = np.bincount(whole.row, -share * np.log(share), minlength=len(weights))
            return np.where(weights > 0, told, np.nan)

    @property
    def partners(self) -> float:
        """How many partners a spot has, the exponential of the mean entropy."""
        return float(np.exp(np.nanmean(self.entropies)))

    def to_pandas(self) -> pd.DataFrame:
        """A row for each pair: `moving` and `fixed` row numbers, their names, and the `share` of the moving spot."""
        import pandas as pd  # slow to import

        whole = self.plan.tocoo()
        weights = np.asarray(self.plan.sum(axis=1)).ravel()
        order = np.lexsort((whole.col, -whole.data, whole.row))
        one, other = whole.row[order], whole.col[order]
        names = [np.asarray(side, dtype=object) for side in (self.moving_names, self.fixed_names)]
        return pd.DataFrame(
            {
                "moving": one,
                "fixed": other,
                "moving_name": names[0][one],
                "fixed_name": names[1][other],
                "share": whole.data[order] / weights[one],
            }
        )
