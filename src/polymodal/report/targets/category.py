"""A category: class and probabilities; confusion and reliability."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from polymodal.explain.plots.palette import EVERYTHING, PRIOR, label, plain
from polymodal.report.blocks import Block, Cell, Drawing, Grid
from polymodal.report.svg import inline
from polymodal.report.targets._view import Answer, Bar, Notable, View, most, noted
from polymodal.schema.target import Discrete

MOST_CLASSES = 12  # beyond, the most frequent mix-ups are listed instead of a matrix
_BARS = 4
_BIN, _BINS, _LEAST = 8, 10, 24  # rows in a bin of the reliability plot, bins, rows for a plot


class CategoryView(View):
    """One class out of several."""

    @property
    def classes(self) -> list[str]:
        """Names of the classes."""
        return [str(one) for one in self.target.classes]

    @property
    def target(self) -> Discrete:
        """Its settings."""
        target = self.lattice.targets[self.name]
        assert isinstance(target, Discrete)
        return target

    @property
    def answered(self) -> np.ndarray:
        """`[N]` codes."""
        return self.target.answered(self.outputs)

    @property
    def sure(self) -> np.ndarray:
        """`[N]` probability of the class answered."""
        return self.outputs[np.arange(len(self.outputs)), self.answered]

    def answer(self, row: int) -> Answer:
        shares = self.outputs[row]
        best = int(self.target.answered(shares))
        truth = int(self.labels.values[row]) if self.labels is not None and self.known[row] else None
        order, needed = np.argsort(-shares, kind="stable").tolist(), {best} if truth is None else {best, truth}
        likely = [c for c in order if c not in needed][: _BARS - len(needed)]
        shown = [c for c in order if c in needed or c in likely]
        bars = [Bar(self.classes[c], float(shares[c]), None if truth is None else bool(c == truth)) for c in shown]
        right = None if truth is None else truth == best
        known = None if truth is None else self.classes[truth]
        return Answer(self.classes[best], f"probability {shares[best]:.2f}", known, right, bars)

    def notable(self) -> Iterator[Notable]:
        sure = self.sure
        everyone = np.ones(len(sure), dtype=bool)
        if self.labels is None or not self.known.any():
            yield from noted(most(sure, everyone), "the surest answer")
        else:
            right = self.answered == self.labels.values
            yield from noted(most(sure, self.known & right), "the surest right answer")
            yield from noted(most(sure, self.known & ~right), "the surest wrong answer")
        yield from noted(most(-sure, everyone), "the least sure answer")

    def moved(self, pattern: int) -> np.ndarray:
        other, rows = self.lattice.of(self.name)[pattern], np.arange(len(self.outputs))
        fallen = self.outputs[rows, self.answered] - other[rows, self.answered]
        return np.where(self.target.answered(other) != self.answered, np.abs(fallen), 0.0)

    def words(self, pattern: int, row: int) -> str:
        return self.classes[int(self.target.answered(self.lattice.of(self.name)[pattern, row]))]

    def comparisons(self) -> Iterator[Block]:
        if self.labels is None or not self.known.any():
            return
        truth, answered = self.labels.values[self.known], self.answered[self.known]
        yield (
            _matrix(self.classes, truth, answered)
            if len(self.classes) <= MOST_CLASSES
            else _mix_ups(self.classes, truth, answered)
        )
        if len(truth) >= _LEAST:
            yield self._reliability(truth)

    def _reliability(self, truth: np.ndarray) -> Drawing:
        outputs = self.outputs[self.known]
        if len(self.classes) == 2:
            stated, came, of = outputs[:, 1], truth == 1, f"probability of {self.classes[1]}"
        else:
            stated, came, of = (
                self.sure[self.known],
                truth == self.answered[self.known],
                "probability of the class answered",
            )
        what = f"share that is {self.classes[1]}" if len(self.classes) == 2 else "share that is right"
        figure = Figure(figsize=(4.6, 4.2), layout="constrained")
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], ":", color=PRIOR, linewidth=1.2)
        for rows in np.array_split(np.argsort(stated, kind="stable"), min(_BINS, len(stated) // _BIN)):
            low, high = wilson(int(came[rows].sum()), len(rows))
            axes.plot([stated[rows].mean()] * 2, [low, high], color=EVERYTHING, linewidth=1.6, alpha=0.55)
            axes.plot(stated[rows].mean(), came[rows].mean(), "o", color=EVERYTHING, markersize=6)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
        axes.set_xlabel(label(f"stated {of}", 48), fontsize=8)
        axes.set_ylabel(label(what, 40), fontsize=8)
        plain(axes, "Do the probabilities hold?", grid="y")
        return Drawing(
            inline(figure, f"{self.name}/reliability", f"Reliability: stated {of} against the {what}"),
            "Rows in groups of like probability, with 95 % intervals. On the dotted line, what is said is what comes; "
            "below it the model says too much, above it too little.",
        )


def wilson(count: int, of: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927).

    >>> low, high = wilson(5, 10)
    >>> round(low, 4), round(high, 4)
    (0.2366, 0.7634)
    """
    z = 1.959964
    middle = (count + z * z / 2) / (of + z * z)
    half = z / (of + z * z) * float(np.sqrt(count * (of - count) / of + z * z / 4))
    return middle - half, middle + half


def _matrix(classes: list[str], truth: np.ndarray, answered: np.ndarray) -> Grid:
    counts = np.zeros((len(classes), len(classes)), dtype=int)
    np.add.at(counts, (truth, answered), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    rows: list[list[str | Cell]] = [
        [
            name,
            *(
                Cell(f"{counts[i, j]:,}", i == j, float(shares[i, j] * (1 if i == j else -1)), ("bad", "good"))
                for j in range(len(classes))
            ),
            f"{shares[i, i]:.0%}" if counts[i].any() else "-",
        ]
        for i, name in enumerate(classes)
    ]
    note = "Rows by what they are and what was answered; the shade is the share of the line, right on the diagonal."
    return Grid("Confusion", ["", *classes, "right"], rows, note, corner="truth ↓ answer →")


def _mix_ups(classes: list[str], truth: np.ndarray, answered: np.ndarray) -> Grid:
    pairs, counts = np.unique(np.stack([truth, answered])[:, truth != answered], axis=1, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MOST_CLASSES]
    rows = [
        [classes[pairs[0, k]], classes[pairs[1, k]], f"{counts[k]:,}", f"{(truth == pairs[0, k]).sum():,}"]
        for k in order
    ]
    return Grid(
        "Most frequent mix-ups", ["truth", "answered", "rows", "rows of that class"], rows, f"{len(classes)} classes."
    )
