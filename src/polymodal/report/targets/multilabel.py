"""Several yes/no labels: the likely ones; a score for each label."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from polymodal.explain.resampling import number
from polymodal.metrics.ranking import average_precision, roc_area
from polymodal.report.blocks import Block, Grid
from polymodal.report.targets._view import Answer, Bar, Notable, View, most, noted
from polymodal.schema.target import Multilabel

_BARS, _LABELS = 8, 40


class MultilabelView(View):
    """Any number of labels."""

    @property
    def classes(self) -> list[str]:
        """Names of the labels."""
        return [str(one) for one in self.target.classes]

    @property
    def target(self) -> Multilabel:
        """Its settings."""
        target = self.lattice.targets[self.name]
        assert isinstance(target, Multilabel)
        return target

    def answer(self, row: int) -> Answer:
        shares = self.outputs[row]
        known = np.zeros(len(shares), dtype=bool)
        truth = np.zeros(len(shares), dtype=bool)
        if self.labels is not None:
            known, truth = self.labels.known[row], self.labels.values[row] > 0.5
        wrong = int((self.target.answered(shares) != truth)[known].sum())
        shown = sorted(np.argsort(-shares, kind="stable")[:_BARS].tolist())
        bars = [Bar(self.classes[c], float(shares[c]), bool(truth[c]) if known[c] else None) for c in shown]
        said = f"{wrong} of {int(known.sum())} labels wrong" if known.any() else "probability of each label"
        names = ", ".join(self.classes[c] for c in np.flatnonzero(truth & known)) or "none"
        return Answer(
            self._named(shares), said, names if known.any() else None, wrong == 0 if known.any() else None, bars
        )

    def notable(self) -> Iterator[Notable]:
        sure = np.abs(self.outputs - 0.5).mean(axis=1)
        everyone = np.ones(len(sure), dtype=bool)
        if self.labels is None or not self.known.any():
            yield from noted(most(sure, everyone), "the surest answer")
        else:
            miss = np.where(self.labels.known, np.abs(self.outputs - self.labels.values), 0.0)
            differs = self.target.answered(self.outputs) != (self.labels.values > 0.5)
            wrong = (self.labels.known & differs).sum(axis=1).astype(float)
            yield from noted(most(sure, self.known & (wrong == 0)), "the surest answer that is right in every label")
            yield from noted(
                most(wrong + miss.mean(axis=1), self.known & (wrong > 0)), "the answer with the most wrong labels"
            )
        yield from noted(most(-sure, everyone), "the least sure answer")

    def moved(self, pattern: int) -> np.ndarray:
        other = self.lattice.of(self.name)[pattern]
        flips = self.target.answered(other) != self.target.answered(self.outputs)
        return np.asarray(np.where(flips, np.abs(other - self.outputs), 0.0).max(axis=1, initial=0.0))

    def words(self, pattern: int, row: int) -> str:
        return self._named(self.lattice.of(self.name)[pattern, row])

    def comparisons(self) -> Iterator[Block]:
        if self.labels is None or not self.known.any():
            return
        rows = [self._line(c) for c in range(len(self.classes))]
        least = "" if self.target.thresholds else " (probability of at least 0.5)"
        note = f"Right is the share of rows where yes{least} or no is the truth."
        if len(rows) > _LABELS:
            note += f" The {_LABELS} most frequent of {len(rows)} labels."
            rows = [rows[c] for c in np.argsort(-self.labels.values.sum(axis=0), kind="stable")[:_LABELS]]
        yield Grid("Each label", ["label", "rows", "with it", "auc", "average precision", "right"], rows, note)

    def _line(self, c: int) -> list[str]:
        assert self.labels is not None
        known = self.labels.known[:, c]
        truth, scores = self.labels.values[known, c] > 0.5, self.outputs[known, c]
        even = np.ones((len(truth), 1))
        if not len(truth):
            return [self.classes[c], "0", "0", "-", "-", "-"]
        figures = [float(score(scores, truth, even)[0]) for score in (roc_area, average_precision)]
        shown = ["-" if np.isnan(figure) else number(figure) for figure in figures]
        right = (self.target.answered(self.outputs)[known, c] == truth).mean()
        return [self.classes[c], f"{len(truth):,}", f"{truth.sum():,}", *shown, f"{right:.0%}"]

    def _named(self, shares: np.ndarray) -> str:
        return ", ".join(self.classes[c] for c in np.flatnonzero(self.target.answered(shares))) or "none"
