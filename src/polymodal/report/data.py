"""What is in the table and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from polymodal.errors import CellError
from polymodal.explain.tables import shorten
from polymodal.report.blocks import Block, Grid
from polymodal.report.glossary import KINDS
from polymodal.report.subject import Subject
from polymodal.schema.lines import listed

MOST = 25  # lines of a list


@dataclass(frozen=True)
class Presence:
    """How many cells of one modality are present, absent and unreadable, and why it is taken for what it is."""

    name: str
    m: int
    kind: str
    columns: int
    reason: str
    present: int
    absent: int
    unreadable: int


def presence(subject: Subject) -> list[Presence]:
    """One line a modality; a cell that does not fit what the model learnt counts as unreadable."""
    found = []
    for m, name in enumerate(subject.modalities):
        one = subject.audit.types[name]
        present = int(subject.lattice.present[:, m].sum())
        absent = subject.audit.presence[name]["absent"]
        broken = len(subject.table) - present - absent
        columns = len(one["columns"])
        found.append(Presence(name, m, one["kind"], columns, one["reason"], present, absent, broken))
    return found


def findings(subject: Subject) -> Iterator[Block]:
    """Targets, and whatever is odd in the table; only what there is."""
    audit = subject.audit
    lines = [
        [name, KINDS[one["kind"]], f"{one['known']:,}", f"{one['missing']:,}", _summary(one["summary"])]
        for name, one in audit.targets.items()
    ]
    yield Grid("Targets", ["target", "is", "known", "missing", "labels"], lines, numeric=False)
    yield from _listed(
        "Columns that tell a target by themselves",
        ["column", "finding"],
        [[leak.column, str(leak)] for leak in audit.leaks],
        "Leave them out if they are not known when the answer is needed.",
    )
    faults = subject.predictions.faults
    yield from _listed(
        "Cells that could not be read",
        ["row", "column", "reason"],
        [[_row(fault, subject), fault.column, reason(fault, subject.table.files)] for fault in faults],
        "Their rows were answered from the rest.",
    )
    yield from _listed(
        "Rows of the same content",
        ["rows", "labels"],
        [
            [listed(one["rows"]), "agree" if one["labels_agree"] else "differ"]
            for one in sorted(audit.duplicate_rows, key=lambda one: bool(one["labels_agree"]))
        ],
    )
    repeated = [[name, f"{count:,}"] for name, count in audit.duplicate_ids.items()]
    yield from _listed("Ids that name several rows", ["id", "rows"], repeated)
    shared = [[name, listed(groups)] for name, groups in audit.shared_ids.items()]
    yield from _listed("Ids found in several groups", ["id", "groups"], shared)
    constant = [[listed(audit.constant), "one value only"]] if audit.constant else []
    worth = [[column, finding] for column, finding in audit.odd]
    yield from _listed("Worth knowing", ["column", "finding"], constant + worth)
    left = [[column, reason] for column, reason in audit.left_out.items()]
    yield from _listed("Columns not used", ["column", "why"], left, folded=True)


def reason(fault: CellError, files: Path | None) -> str:
    """Why a cell cannot be read, and its file; paths start at the folder of the files, as in the table."""
    folder = "" if files is None else f"{files.resolve().as_posix()}/"
    said, path = fault.reason, fault.path or ""
    if folder:
        said, path = said.replace(folder, ""), path.removeprefix(folder)
    return said if not path or path in said else f"{said} ({path})"


def _listed(
    caption: str, header: Sequence[str], lines: Sequence[Sequence[str]], note: str = "", folded: bool = False
) -> Iterator[Grid]:
    if not lines:
        return
    shown = [[shorten(cell, 300) for cell in line] for line in lines[:MOST]]
    if len(lines) > MOST:
        note = f"{note} The first {MOST} of {len(lines):,}.".strip()
    yield Grid(f"{caption} ({len(lines):,})", header, shown, note, folded=folded, numeric=False)


def _row(fault: CellError, subject: Subject) -> str:
    """What the row is called, as in the examples; the label in the frame where several rows bear it."""
    places = np.flatnonzero(subject.table.frame.index == fault.row)
    return subject.row_names[int(places[0])] if len(places) == 1 else str(fault.row)


def _summary(summary: dict[str, Any]) -> str:
    parts = []
    for what, value in summary.items():
        if isinstance(value, dict):
            counts = sorted(value.items(), key=lambda item: -item[1])
            more = f", and {len(counts) - 12} more" if len(counts) > 12 else ""
            parts.append(", ".join(f"{name} {count:,}" for name, count in counts[:12]) + more)
        else:
            parts.append(f"{what} {value:,.4g}" if isinstance(value, float) else f"{what} {value:,}")
    return ", ".join(parts)
