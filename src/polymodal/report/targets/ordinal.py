"""Levels in order: as a category is shown, and how far off the answers are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from polymodal.report.blocks import Block, Cell, Grid
from polymodal.report.targets.category import CategoryView


class OrdinalView(CategoryView):
    """One level out of several in order."""

    reading: ClassVar[str] = (
        "The answer is the median level: the first that is reached with a probability of one half or more. It need not "
        "be the likeliest one, and is the one of least expected distance."
    )

    def comparisons(self) -> Iterator[Block]:
        yield from super().comparisons()
        if self.labels is not None and self.known.any():
            yield _distances(self.answered[self.known] - self.labels.values[self.known])


def _distances(off: np.ndarray) -> Grid:
    steps, counts = np.unique(off, return_counts=True)
    rows: list[list[str | Cell]] = [
        ["right" if step == 0 else f"{abs(step)} too {'high' if step > 0 else 'low'}", f"{n:,}", f"{n / len(off):.0%}"]
        for step, n in zip(steps.tolist(), counts.tolist(), strict=True)
    ]
    return Grid("Levels off", ["answer", "rows", "share"], rows, f"{np.abs(off).mean():.2f} levels off on average.")
