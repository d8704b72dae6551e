"""The page: everything gathered, rendered and written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib

from polymodal import __version__
from polymodal.explain.plots.palette import COLOURS
from polymodal.report.blocks import Block
from polymodal.report.contributions import contributions
from polymodal.report.data import Presence, findings, presence
from polymodal.report.examples import Example, examples
from polymodal.report.glossary import CONTRIBUTION, KINDS
from polymodal.report.learning import learning, made_of
from polymodal.report.patterns import Patterns, patterns
from polymodal.report.scores import Headline, headlines, robustness, scores
from polymodal.report.subject import Subject
from polymodal.report.targets import view_of
from polymodal.report.templates import template
from polymodal.schema.table import Table
from polymodal.schema.writing import write_atomically

if TYPE_CHECKING:
    from polymodal.model import Model

EXAMPLES, EXAMPLES_EACH = 12, 8  # rows shown for one target, and for each of several
_DARK = (0x15, 0x18, 0x1C)  # the paper at night, as in the style sheet


@dataclass(frozen=True)
class Part:
    """What the page says of one target."""

    name: str
    kind: str
    unit: str
    n_labelled: int
    verdict: Sequence[str]
    headlines: Sequence[Headline]
    scores: Sequence[Block]
    patterns: Patterns
    robustness: Sequence[Block]
    contributions: Sequence[Block]
    remarks: Sequence[str]
    reading: str
    examples: Sequence[Example]
    comparisons: Sequence[Block]


@dataclass(frozen=True)
class Page:
    """What the template is given."""

    parts: Sequence[Part]
    modalities: Sequence[str]
    n_rows: int
    made_of: str
    presence: Sequence[Presence]
    learning: Sequence[Block]
    findings: Sequence[Block]
    notes: Sequence[str]


def write_page(model: Model, table: Table, path: Path) -> Path:
    """Write one self-contained HTML page on a model's answers for a table, and return its path.

    Raises DataError for a table without rows, ArtifactError when the page cannot be written; what was there before
    then stays.
    """
    write_atomically(path, render(model, table, date.today()).encode())
    return path


def render(model: Model, table: Table, today: date) -> str:
    """The page as text; the same model, table and day give the same page."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever style the caller plots in
        page = _gather(Subject.of(model, table))
    return template("page.html.jinja").render(
        page=page,
        paints=list(zip(COLOURS, map(on_dark, COLOURS), strict=True)),
        contribution=CONTRIBUTION,
        today=today.isoformat(),
        version=__version__,
    )


def on_dark(paint: str) -> str:
    """A colour, lightened until it stands out from dark paper (contrast of 4.5 after WCAG 2).

    >>> on_dark("#E69F00"), on_dark("#332288")
    ('#e69f00', '#857ab8')
    """
    colour = [int(paint[i : i + 2], 16) for i in (1, 3, 5)]
    mixed, part = colour, 0.0
    while (_luminance(mixed) + 0.05) / (_luminance(_DARK) + 0.05) < 4.5:
        part += 0.02
        mixed = [round(one + (255 - one) * part) for one in colour]
    return "#" + "".join(f"{one:02x}" for one in mixed)


def _luminance(colour: Sequence[int]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (one / 255 for one in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _gather(subject: Subject) -> Page:
    return Page(
        parts=list(_parts(subject)),
        modalities=subject.modalities,
        n_rows=len(subject.table),
        made_of=subject.made_of,
        presence=presence(subject),
        learning=[*made_of(subject.standings), *learning(subject.histories)],
        findings=list(findings(subject)),
        notes=[*subject.limitations, *subject.predictions.notes],
    )


def _parts(subject: Subject) -> Iterator[Part]:
    count = EXAMPLES if len(subject.lattice.targets) == 1 else EXAMPLES_EACH
    for name, target in subject.lattice.targets.items():
        scored = subject.evaluation.targets.get(name) if subject.evaluation else None
        explained = subject.explanation[name]
        view = view_of(name, subject.lattice, subject.predictions)
        verdict = () if scored is None else scored.verdict
        yield Part(
            name=name,
            kind=KINDS[target.kind],
            unit=explained.unit,
            n_labelled=int(view.known.sum()),
            verdict=verdict,
            headlines=headlines(subject, scored),
            scores=[] if scored is None else list(scores(subject, scored)),
            patterns=patterns(subject, scored),
            robustness=[] if scored is None else list(robustness(scored)),
            contributions=list(contributions(explained)),
            remarks=[said for said in explained.remarks if said not in verdict],
            reading=" ".join(filter(None, (view.reading, target.decision and f"{name}: {target.decision}."))),
            examples=examples(subject, view, count),
            comparisons=list(view.comparisons()),
        )
