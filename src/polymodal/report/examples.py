"""Rows with their cells shown, the answer, the truth, and what told the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from markupsafe import Markup

from polymodal.errors import CellError
from polymodal.explain.attribution import TargetExplanation
from polymodal.explain.resampling import number
from polymodal.explain.tables import shorten
from polymodal.report.choice import choose
from polymodal.report.data import reason
from polymodal.report.subject import Subject
from polymodal.report.targets import Answer, View

LONGEST = 300  # characters of a reason or a path


@dataclass(frozen=True)
class Slot:
    """One modality of one row.

    Attributes:
        name: of the modality.
        m: its place, which is its colour.
        state: "present", "absent" or "unreadable".
        shown: the cell, when present.
        faults: what could not be read, whether all of the cell or a part of it.
        figure: its contribution to this row's answer, or why there is none.
        bar: where its bar starts and how wide it is, in percent of the scale of all examples.
    """

    name: str
    m: int
    state: str
    shown: Markup
    faults: Sequence[str]
    figure: str
    bar: tuple[float, float]


@dataclass(frozen=True)
class Example:
    """One row; `zero` is the place of no contribution in percent, `base` and `full` are the prior and the answer."""

    name: str
    reasons: Sequence[str]
    answer: Answer
    slots: Sequence[Slot]
    zero: float
    base: str
    full: str


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float

    @classmethod
    def of(cls, values: np.ndarray) -> _Scale:
        low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
        return cls(low, high) if high > low else cls(-1.0, 1.0)

    def place(self, value: float) -> float:
        return 100 * (value - self.low) / (self.high - self.low)

    def bar(self, value: float) -> tuple[float, float]:
        start, end = sorted((self.place(0.0), self.place(value)))
        return start, end - start


def examples(subject: Subject, view: View, count: int = 12) -> list[Example]:
    """The rows of one target that are worth looking at."""
    explained = subject.explanation[view.name]
    chosen = choose(subject, view, count)
    rows = [one.row for one in chosen]
    scale = _Scale.of(explained.contributions[rows])
    names = subject.row_names
    return [
        Example(
            name=shorten(names[one.row], 60),
            reasons=one.reasons,
            answer=view.answer(one.row),
            slots=list(_slots(subject, explained, one.row, scale)),
            zero=scale.place(0.0),
            base=number(float(explained.base[one.row])),
            full=number(float(explained.full[one.row])),
        )
        for one in chosen
    ]


def _slots(subject: Subject, explained: TargetExplanation, row: int, scale: _Scale) -> Iterator[Slot]:
    for m, name in enumerate(subject.modalities):
        sample = subject.table.cells(name).samples[row]
        present = bool(subject.lattice.present[row, m])
        said = [_said(fault, name, subject.table.files) for fault in subject.faults.get((row, name), ())]
        state = "present" if present else "unreadable" if said else "absent"
        # What a modality shows of a sample is escaped by the modality itself.
        shown = Markup(subject.table.schema.modalities[name].html(sample)) if present else Markup()
        value = float(explained.contributions[row, m])
        figure = f"{'+' if value > 0 else ''}{number(value)}" if present else state
        yield Slot(name, m, state, shown, said, figure, scale.bar(value))


def _said(fault: CellError, modality: str, files: Path | None) -> str:
    column = f"{fault.column}: " if fault.column != modality else ""
    return shorten(column + reason(fault, files), LONGEST)
