"""The fits of a benchmark and the processor time they took, of which a default fit may take ten minutes."""

from __future__ import annotations

import time

import polymodal as pm
from benchmarks.quick import model

MOST = 10.0  # minutes


class Fits:
    """Makes models with default settings and remembers how long each took.

    Attributes:
        minutes: of processor time, one for each fit.
    """

    def __init__(self) -> None:
        self.minutes: list[float] = []

    def __call__(self, table: pm.Table, seed: int = 0, **settings: object) -> pm.Model:
        """A model fitted to all rows of a table."""
        start = time.process_time()
        fitted = model(seed, **settings).fit(table, progress=False)
        self.minutes.append((time.process_time() - start) / 60)
        return fitted

    def said(self) -> str:
        """How long the longest took, as a note for the page."""
        longest = max(self.minutes)
        word = "within" if longest <= MOST else "**over**"
        return (
            f"A fit took {longest:.1f} minutes of processor time at most (of {len(self.minutes)}), {word} the "
            f"{MOST:.0f} it may take."
        )
