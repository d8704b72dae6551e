"""Plain sentences: did fusion help, and is a modality ignored, redundant or harmful."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from polymodal.explain.contribution import Contribution
from polymodal.explain.resampling import FEW_ROWS, Estimate, number
from polymodal.schema.lines import counted

if TYPE_CHECKING:
    from polymodal.explain.scores import Alone

HARDLY = 0.01  # of the way from the prior to the answers: what moves them by less does not move them


def on_fusion(metric: str, alone: Sequence[Alone], gain_over_prior: Estimate | None, n_labelled: int) -> list[str]:
    """Whether everything together beats the prior answer and each modality alone, on the rows that have it."""
    said = []
    if n_labelled < FEW_ROWS:
        rows = counted(n_labelled, "row")
        said.append(f"Only {rows} with a label: too few for intervals; take every figure as an anecdote.")
    if gain_over_prior is not None and (so := _against_prior(gain_over_prior)):
        said.append(f"The answers {so} the prior answer, which looks at nothing ({metric} gain {gain_over_prior}).")
    if len(alone) == 1:
        return [*said, f"There is one modality only, {alone[0].modality!r}: nothing to fuse."]
    measured = [one for one in alone if one.gain is not None and one.score is not None and one.rows >= FEW_ROWS]
    if not measured:
        return [*said, "No modality has enough labelled rows to compare it with everything together."]
    best = max(measured, key=lambda one: one.goodness)
    return [
        *said,
        _against_best(metric, best),
        *(_against_other(one) for one in measured if one is not best and _loses(one)),
    ]


def on_modalities(metric: str, contributions: Sequence[Contribution]) -> list[str]:
    """Which modalities are ignored, tell nothing new, make no measurable difference, or hurt."""
    if len(contributions) < 2:
        return []
    return [sentence for one in contributions if (sentence := _on_modality(metric, one))]


def _against_prior(gain: Estimate) -> str:
    """How the answers stand to it; empty where they are better."""
    if gain.low is None or gain.high is None:
        return "are not tested against" if gain.value > 0 else "are no better than"
    if gain.low > 0:
        return ""
    return "are worse than" if gain.high < 0 else "cannot be told apart from"


def _against_best(metric: str, best: Alone) -> str:
    assert best.gain is not None
    assert best.score is not None
    assert best.fused is not None
    figures = (
        f"{metric} {number(best.fused.value)} against {number(best.score.value)} on the {counted(best.rows, 'row')} "
        f"that have it, gain {best.gain}"
    )
    name = f"the best single modality, {best.modality!r}"
    if _loses(best):
        return f"Fusion loses to {name}: {figures}."
    if best.gain.excludes_zero:
        return f"Fusion beats {name}: {figures}."
    if best.gain.low is None:
        return f"Fusion beside {name}: {figures}; without intervals nothing says whether that is chance."
    return f"Fusion ties with {name}: {figures}; the difference cannot be told from zero."


def _against_other(one: Alone) -> str:
    rows = counted(one.rows, "row")
    return f"On the {rows} that have it, {one.modality!r} alone does better than everything (gain {one.gain})."


def _loses(one: Alone) -> bool:
    return one.gain is not None and one.gain.high is not None and one.gain.high < 0


def _on_modality(metric: str, one: Contribution) -> str | None:
    if one.rows == 0:
        return f"No labelled row has {one.modality!r}."
    if one.change is not None and one.change < HARDLY:
        moved = f"leaving it out moves the answers by {one.change:.1%} of what leaving out all does"
        if one.reach is not None and one.reach >= HARDLY:
            return f"{one.modality!r} tells nothing new: {moved}; asked alone it moves them by {one.reach:.0%}."
        return f"{one.modality!r} is ignored: {moved}."
    lost = one.left_out
    if lost is None or lost.low is None or lost.high is None:
        return None
    if lost.high < 0:
        return (
            f"{one.modality!r} hurts: without it {metric} is better by {Estimate(-lost.value, -lost.high, -lost.low)}."
        )
    if one.share is not None and one.share.low is not None and not one.share.excludes_zero and not lost.excludes_zero:
        figures = f"its share is {one.share}, leaving it out costs {lost}"
        return f"{one.modality!r} makes no measurable difference to {metric}: {figures}."
    return None
