"""Figures of evaluations and explanations: matplotlib `Figure` objects, drawn without a window or global state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure, FigureBase

from polymodal.errors import SettingError, near_miss
from polymodal.explain.attribution import TargetExplanation
from polymodal.explain.plots.bars import draw_alone, draw_answers, draw_score
from polymodal.explain.plots.interactions import draw_interactions
from polymodal.explain.plots.palette import INK, label
from polymodal.explain.plots.patterns import draw_patterns
from polymodal.explain.plots.robustness import draw_robustness
from polymodal.explain.plots.rows import draw_swarm, draw_waterfall
from polymodal.explain.scores import TargetEvaluation

EVALUATION_KINDS = ("overview", "patterns", "alone", "robustness")
EXPLANATION_KINDS = ("overview", "overall", "rows", "interactions", "row")


def evaluation_figure(kind: str, modalities: Sequence[str], one: TargetEvaluation) -> Figure:
    """A figure of one target's evaluation. Raises SettingError for an unknown kind or what is undefined."""
    _known(kind, EVALUATION_KINDS)
    n = len(modalities)
    if kind == "overview":
        height = 0.3 * n
        figure = Figure(figsize=(11, 5.2 + 2 * height), layout="constrained")
        spaces: list[Any] = [["alone", "curve"], ["scores", "scores"], ["matrix", "matrix"]]
        axes = figure.subplot_mosaic(spaces, height_ratios=[2.2 + height, 2.2, 0.3 + height], width_ratios=[1.15, 1])
        draw_alone(axes["alone"], one)
        if one.robustness is not None:
            draw_robustness(axes["curve"], one, one.robustness)
        else:
            axes["curve"].set_axis_off()
        draw_patterns(axes["scores"], axes["matrix"], modalities, one)
    elif kind == "patterns":
        figure = Figure(
            figsize=(max(6.0, 2.4 + 0.42 * min(len(one.patterns), 24)), 3.2 + 0.3 * n), layout="constrained"
        )
        scores, matrix = figure.subplots(2, 1, height_ratios=[2.6, 0.3 + 0.3 * n])
        draw_patterns(scores, matrix, modalities, one)
    elif kind == "alone":
        figure = Figure(figsize=(7, 1.8 + 0.5 * n), layout="constrained")
        draw_alone(figure.subplots(), one)
    else:
        if one.robustness is None:
            raise SettingError(
                f"{one.metric} is undefined under some patterns, so there is no robustness curve to draw"
            )
        figure = Figure(figsize=(6, 4), layout="constrained")
        draw_robustness(figure.subplots(), one, one.robustness)
    return _titled(figure, one.name, f"{one.kind}, {one.n_labelled} labelled rows, bars are 95 % intervals")


def explanation_figure(kind: str, one: TargetExplanation, row: int = 0) -> Figure:
    """A figure of one target's explanation. Raises SettingError for an unknown kind or row, or what is not there."""
    _known(kind, EXPLANATION_KINDS)
    n = len(one.modalities)
    if kind == "row":
        if not -len(one.rows) <= row < len(one.rows):
            raise SettingError(f"row={row} is not one of the {len(one.rows)} rows: it is a position, counted from 0")
        figure = Figure(figsize=(7, 1.8 + 0.45 * n), layout="constrained")
        draw_waterfall(figure.subplots(), one, row)
        return _titled(figure, one.name, "what told the model")
    if kind == "rows":
        figure = Figure(figsize=(8, 1.4 + 0.55 * n), layout="constrained")
        draw_swarm(figure.subplots(), one)
    elif kind == "overall":
        figure = Figure(figsize=(10 if one.score else 6, 1.6 + 0.45 * n), layout="constrained")
        _draw_overall(figure, one)
    elif kind == "interactions":
        _draw_pairs(figure := Figure(figsize=(11 if one.score else 6, 2.2 + 0.5 * n), layout="constrained"), one)
    else:
        figure = Figure(figsize=(11, 4.2 + 0.9 * n), layout="constrained")
        has_pairs = one.interactions is not None and n > 1
        parts: list[Any] = list(figure.subfigures(3 if has_pairs else 2, 1, hspace=0.04))  # type: ignore[arg-type]
        _draw_overall(parts[0], one)
        draw_swarm(parts[1].subplots(), one)
        if has_pairs:
            figure.set_size_inches(11, 6.6 + 1.3 * n)
            _draw_pairs(parts[2], one)
    return _titled(figure, one.name, f"what told the model, {len(one.rows)} rows")


def _draw_overall(figure: FigureBase, one: TargetExplanation) -> None:
    if one.score is None:
        draw_answers(figure.subplots(), one)
        return
    left, right = figure.subplots(1, 2)
    draw_answers(left, one)
    draw_score(right, one.modalities, one.score)
    right.set_yticklabels([])


def _draw_pairs(figure: FigureBase, one: TargetExplanation) -> None:
    if one.interactions is None or len(one.modalities) == 1:
        why = "there is one modality only" if len(one.modalities) == 1 else "only sampled orders are known"
        raise SettingError(f"no interactions to draw: {why}")
    drawn = [("answers, mean over rows", one.interactions)]
    if one.score is not None and one.score.interactions is not None:
        drawn.append((one.score.metric, one.score.interactions))
    axes = figure.subplots(1, len(drawn), squeeze=False)[0]
    for place, (of, pairs) in zip(axes, drawn, strict=True):
        draw_interactions(place, one.modalities, pairs, of)


def _titled(figure: Figure, name: str, rest: str) -> Figure:
    figure.suptitle(f"{label(name, 60)}: {rest}", x=0.01, ha="left", fontsize=11, color=INK)
    return figure


def _known(kind: str, kinds: Sequence[str]) -> None:
    if kind not in kinds:
        raise SettingError(f"there is no plot {kind!r}. {near_miss(kind, kinds)}")
