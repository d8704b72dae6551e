"""What found no partner, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Remainder:
    """The rows of one side of a join.

    Attributes:
        labels: of all rows, as the table names them.
        codes: `[n]` int8; 0 for a row with a partner, else the place of its reason, counted from 1.
        reasons: why a row has none, each once.
    """

    labels: pd.Index
    codes: np.ndarray
    reasons: tuple[str, ...]

    @classmethod
    def of(cls, labels: pd.Index, checks: Sequence[tuple[np.ndarray, str]]) -> Remainder:
        """From masks `[n]` and what each says; of several that hold for a row the first counts.

        >>> two = Remainder.of(pd.RangeIndex(3), [(np.array([0, 1, 0], bool), "no key"), (np.ones(3, bool), "alone")])
        >>> two.counts()
        {'no key': 1, 'alone': 2}
        """
        codes = np.zeros(len(labels), dtype=np.int8)
        for place, (holds, _) in enumerate(checks, start=1):
            if holds.any():
                codes[holds & (codes == 0)] = place
        return cls(labels, codes, tuple(reason for _, reason in checks))

    @property
    def rows(self) -> np.ndarray:
        """Positions of the rows without a partner, ascending."""
        return np.flatnonzero(self.codes)

    def counts(self) -> dict[str, int]:
        """Rows of each reason that there is."""
        found = np.bincount(self.codes, minlength=len(self.reasons) + 1)[1:]
        return {reason: int(n) for reason, n in zip(self.reasons, found, strict=True) if n}

    def to_pandas(self) -> pd.DataFrame:
        """One line for each row without a partner: its label and the reason."""
        rows = self.rows
        told = np.array(self.reasons, dtype=object)[self.codes[rows] - 1] if len(rows) else np.empty(0, dtype=object)
        return pd.DataFrame({"row": self.labels[rows], "reason": told})

    def to_list(self) -> list[dict[str, object]]:
        """The same for JSON."""
        return [{"row": _plain(row), "reason": reason} for row, reason in self.to_pandas().itertuples(index=False)]


def _plain(label: object) -> object:
    return label if isinstance(label, (int, float, str)) else getattr(label, "item", lambda: str(label))()
