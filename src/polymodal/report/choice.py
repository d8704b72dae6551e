"""Which rows to show: few, instructive, and the same ones every time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from polymodal.explain.split import without
from polymodal.explain.tables import pattern_name
from polymodal.report.subject import Subject
from polymodal.report.targets import Notable, View
from polymodal.schema.patterns import pattern_codes

PATTERNS = 4  # of the most frequent, each with a row


@dataclass(frozen=True)
class Chosen:
    """A row, and every reason to show it."""

    row: int
    reasons: tuple[str, ...]


def choose(subject: Subject, view: View, count: int = 12) -> list[Chosen]:
    """At most `count` rows: sure and right, sure and wrong, unsure, decided by one modality, broken, each pattern."""
    reasons: dict[int, list[str]] = {}
    for notable in _wanted(subject, view):
        if notable.row in reasons or len(reasons) < count:
            reasons.setdefault(notable.row, []).append(notable.why)
    for notable in _patterns(subject, view, reasons):
        if len(reasons) < count:
            reasons.setdefault(notable.row, []).append(notable.why)
    return [Chosen(row, tuple(why)) for row, why in reasons.items()]


def _wanted(subject: Subject, view: View) -> Iterator[Notable]:
    yield from view.notable()
    yield from _decided(subject, view)
    broken = [position for position, _ in subject.faults]
    if broken:
        yield Notable(min(broken), "a cell could not be read; answered from the rest")
    empty = np.flatnonzero(~subject.lattice.present.any(axis=1))
    if len(empty):
        yield Notable(int(empty[0]), "nothing is present, so the answer is the prior")


def _decided(subject: Subject, view: View) -> Iterator[Notable]:
    """The row in which hiding one modality changes the answer most, among rows that have others too."""
    lattice = subject.lattice
    several = lattice.present.sum(axis=1) > 1
    best, found = 0.0, None
    for m in range(len(lattice.modalities)):
        pattern = without(lattice, m)
        if pattern is None:
            continue
        moved = np.where(several & lattice.present[:, m], view.moved(pattern), 0.0)
        row = int(moved.argmax())
        if moved[row] > best:
            best, found = float(moved[row]), (m, pattern, row)
    if found is not None:
        m, pattern, row = found
        change = f"from {view.answer(row).text} to {view.words(pattern, row)}"
        yield Notable(row, f"hiding {lattice.modalities[m]} would change the answer {change}")


def _patterns(subject: Subject, view: View, shown: dict[int, list[str]]) -> Iterator[Notable]:
    """For each frequent pattern that no row shows yet, the first labelled row that has it."""
    kinds, which, counts = pattern_codes(subject.lattice.present)
    for k in range(min(PATTERNS, len(kinds))):
        if any(which[row] == k for row in shown):
            continue
        rows = np.flatnonzero(which == k)
        labelled = rows[view.known[rows]]
        row = int((labelled if len(labelled) else rows)[0])
        name = pattern_name(kinds[k], subject.modalities)
        yield Notable(row, f"one of the {counts[k]:,} rows that have {name}" if counts[k] > 1 else f"has {name}")
