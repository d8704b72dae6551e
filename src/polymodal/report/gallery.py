"""A page of some rows of a store, their cells shown as the modalities show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from markupsafe import Markup

from polymodal import __version__
from polymodal.explain.tables import shorten
from polymodal.report.templates import template
from polymodal.schema.cells import State
from polymodal.schema.writing import write_atomically
from polymodal.store.disk.report import StoreReport, size
from polymodal.store.disk.store import Store

ROWS = 24
_LONGEST = 300  # characters of a reason or a label


@dataclass(frozen=True)
class Shown:
    """A cell: how it is and what is in it, or why nothing is."""

    state: str
    content: Markup


@dataclass(frozen=True)
class Line:
    """A row: its name, its labels and its cells."""

    name: str
    labels: Sequence[str]
    cells: Sequence[Shown]


def write_gallery(store: Store, path: Path, rows: int = ROWS) -> Path:
    """Write a page of up to `rows` rows, each presence pattern having its turn, and return its path.

    Raises ArtifactError when it cannot be written.
    """
    report = store.report()
    page = template("gallery.html.jinja").render(
        report=report,
        targets=list(store.schema.targets),
        modalities=[(name, report.types[name], report.presence[name]) for name in store.schema.names],
        lines=_lines(store, report, rows),
        size=size,
        total=size(sum(report.sizes.values())),
        version=__version__,
    )
    write_atomically(path, page.encode())
    return path


def chosen(states: np.ndarray, count: int) -> np.ndarray:
    """Places of up to `count` rows, from each pattern in turn, the commonest first.

    >>> chosen(np.array([[1], [1], [1], [0]]), 3).tolist()
    [0, 1, 3]
    """
    _, pattern, sizes = np.unique(states, axis=0, return_inverse=True, return_counts=True)
    pattern = pattern.ravel()
    turn = np.empty(len(pattern), dtype=np.int64)
    for one in range(len(sizes)):
        turn[pattern == one] = np.arange(sizes[one])
    order = np.lexsort((-sizes[pattern], turn))
    return np.sort(order[:count])


def _lines(store: Store, report: StoreReport, count: int) -> list[Line]:
    table = store.take(chosen(store.states(), count))
    labels = {name: table.labels(name) for name in store.schema.targets}
    names = table.row_names()
    reasons = {(one["row"], one["column"]): one["reason"] for one in report.quarantine}
    lines = []
    for row in range(len(table)):
        cells = []
        for name, modality in store.schema.modalities.items():
            held = table.cells(name)
            state = State(int(held.state[row]))
            content = Markup()
            if state == State.PRESENT:
                content = Markup(modality.html(held.samples[row]))  # escaped by the modality itself
            elif state == State.UNREADABLE:
                content = Markup.escape(shorten(reasons.get((table.frame.index[row], name), ""), _LONGEST))
            cells.append(Shown(state.name.lower(), content))
        told = [
            shorten(", ".join(str(table.frame[column].iloc[row]) for column in target.sources(name)), 60)
            if labels[name] is not None
            else ""
            for name, target in store.schema.targets.items()
        ]
        lines.append(Line(shorten(str(names[row]), 60), told, cells))
    return lines
