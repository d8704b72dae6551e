"""How good the answers are: the headline figures, every score, each modality alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from matplotlib.figure import Figure

from polymodal.explain.plots.bars import draw_alone
from polymodal.explain.plots.robustness import draw_robustness
from polymodal.explain.resampling import Estimate, number, shown
from polymodal.explain.scores import TargetEvaluation
from polymodal.metrics import score
from polymodal.report.blocks import Block, Cell, Drawing, Grid
from polymodal.report.glossary import SCORES
from polymodal.report.subject import Subject
from polymodal.report.svg import inline


@dataclass(frozen=True)
class Headline:
    """One figure to take away."""

    name: str
    figure: str
    interval: str = ""
    says: str = ""


def headlines(subject: Subject, one: TargetEvaluation | None) -> list[Headline]:
    """The figures for a reader with half a minute."""
    present = subject.lattice.present
    counts = f"{int(present.all(axis=1).sum()):,} of {len(present):,}"
    complete = Headline("complete rows", counts, says="the others lack a modality, or more")
    if one is None:
        return [complete]
    found = []
    given = one.scores.get(one.metric)
    if given is not None:
        found.append(Headline(one.metric, number(given.value), interval(given), SCORES.get(one.metric, "")))
    if one.baseline is not None:
        found.append(
            Headline("prior answer", number(one.baseline.value), says=f"{one.metric} without looking at a row")
        )
    single = [each for each in one.alone if each.score is not None and each.fused is not None]
    if len(one.alone) > 1 and single:
        best = max(single, key=lambda each: each.goodness)
        says = f"on the {best.rows:,} rows that have it, where everything together gets {number(best.fused.value)}"  # type: ignore[union-attr]
        found.append(Headline(f"best alone: {best.modality}", number(best.score.value), interval(best.score), says))  # type: ignore[union-attr]
    return [*found, complete]


def scores(subject: Subject, one: TargetEvaluation) -> Iterator[Block]:
    """Every score with its interval, and each modality alone against everything on the same rows."""
    lattice = subject.lattice
    target, labels = lattice.targets[one.name], lattice.labels[one.name]
    prior = score(target, lattice.of(one.name)[0], labels, lattice.weight)
    rows: list[list[str | Cell]] = [
        [
            name,
            Cell(number(found.value), strong=name == one.metric),
            interval(found),
            number(prior.get(name)),
            SCORES.get(name, ""),
        ]
        for name, found in one.scores.items()
    ]
    note = "In square brackets the 95 % interval, from resampling the rows: with other rows of the same kind the score "
    note += "would likely lie there."
    yield Grid("Scores", ["score", "model", "95 % interval", "prior answer", "what it says"], rows, note)
    if len(one.alone) > 1:
        figure = Figure(figsize=(8.4, 1.7 + 0.46 * len(one.alone)), layout="constrained")
        draw_alone(figure.subplots(), one)
        says = "; ".join(f"{a.modality} alone {number(a.score.value if a.score else None)}" for a in one.alone)
        yield Drawing(
            inline(figure, f"{one.name}/alone", f"{one.metric} of each modality alone and of everything: {says}"),
            "Each modality by itself (in its colour) and everything together (dark), both on the rows that have that "
            "modality (their number in brackets), with 95 % intervals. The gain is bold where it is not by chance.",
        )
        yield Grid(
            f"Each modality alone, and everything on the same rows ({one.metric})",
            ["modality", "rows", "alone", "everything", "gain"],
            [[a.modality, f"{a.rows:,}", shown(a.score), shown(a.fused), shown(a.gain)] for a in one.alone],
            folded=True,
        )


def robustness(one: TargetEvaluation) -> Iterator[Block]:
    """The score as modalities are hidden from every row."""
    if one.robustness is None or len(one.robustness.dropped) < 2:
        return
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    draw_robustness(figure.subplots(), one, one.robustness)
    curve = one.robustness
    says = f"{one.metric} falls from {number(curve.mean[0])} to {number(curve.mean[-1])} as modalities are hidden"
    yield Drawing(
        inline(figure, f"{one.name}/robustness", says),
        "What is left of the score when modalities are hidden from every row on purpose: on average over the choices, "
        "and for the worst choice.",
    )


def interval(estimate: Estimate | None) -> str:
    """The bounds alone."""
    if estimate is None or estimate.low is None:
        return ""
    return f"[{number(estimate.low)}, {number(estimate.high)}]"
