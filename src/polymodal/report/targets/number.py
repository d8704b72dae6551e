"""A number: the answer next to the truth; predicted against true."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from polymodal.explain.plots.palette import EVERYTHING, PRIOR, label, plain
from polymodal.report.blocks import Block, Drawing
from polymodal.report.svg import inline
from polymodal.report.targets._view import Answer, Notable, View, most, noted

MOST = 5000  # points drawn


class NumberView(View):
    """A real number."""

    def answer(self, row: int) -> Answer:
        given = float(self.outputs[row, 0])
        if self.labels is None or not self.known[row]:
            return Answer(figure(given), f"the prior is {figure(self._prior(row))}", None)
        truth = float(self.labels.values[row])
        return Answer(figure(given), f"off by {figure(given - truth, signed=True)}", figure(truth))

    def notable(self) -> Iterator[Notable]:
        given = self.outputs[:, 0]
        everyone = np.ones(len(given), dtype=bool)
        if self.labels is not None and self.known.any():
            miss = np.abs(given - self.labels.values)
            lead = np.abs(given - self.lattice.of(self.name)[0, :, 0])
            near = self.known & (miss <= np.quantile(miss[self.known], 0.25))
            yield from noted(most(lead, near), "close to the truth and far from the prior")
            yield from noted(most(miss, self.known), "the largest miss")
        yield from noted(most(given, everyone), "the highest answer")
        yield from noted(most(-given, everyone), "the lowest answer")

    def moved(self, pattern: int) -> np.ndarray:
        return np.abs(self.lattice.of(self.name)[pattern, :, 0] - self.outputs[:, 0])

    def words(self, pattern: int, row: int) -> str:
        return figure(float(self.lattice.of(self.name)[pattern, row, 0]))

    def comparisons(self) -> Iterator[Block]:
        if self.labels is None or not self.known.any():
            return
        rows = np.flatnonzero(self.known)
        rows = rows[:: -(-len(rows) // MOST)]
        truth, given = self.labels.values[rows], self.outputs[rows, 0]
        drawn = Figure(figsize=(5, 4.6), layout="constrained")
        axes = drawn.subplots()
        ends = [min(truth.min(), given.min()), max(truth.max(), given.max())]
        axes.plot(ends, ends, ":", color=PRIOR, linewidth=1.2)
        axes.scatter(truth, given, s=14, color=EVERYTHING, alpha=0.55, linewidths=0)
        axes.set_xlabel(label(f"true {self.name}", 48), fontsize=8)
        axes.set_ylabel(label(f"answered {self.name}", 48), fontsize=8)
        plain(axes, "Answered against true", grid="y")
        says = f"Scatter of answered against true {self.name} for {len(rows)} rows"
        yield Drawing(
            inline(drawn, f"{self.name}/scatter", says),
            "A point is a row; on the dotted line the answer is the truth.",
        )

    def _prior(self, row: int) -> float:
        return float(self.lattice.of(self.name)[0, row, 0])


def figure(value: float, signed: bool = False) -> str:
    """A value with four significant digits.

    >>> figure(1234.567), figure(-0.5, signed=True)
    ('1,235', '-0.5')
    """
    digits = f"{value:.4g}"
    if "e" not in digits and abs(value) >= 1000:
        digits = f"{value:,.0f}"
    return f"+{digits}" if signed and value > 0 else digits
