"""Bars: each modality's part in the answers and in the score, and alone next to everything."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from polymodal.explain.attribution import ScoreAttribution, TargetExplanation
from polymodal.explain.plots.palette import EVERYTHING, INK, PRIOR, colour, name_rows, plain
from polymodal.explain.resampling import Estimate, number
from polymodal.explain.scores import TargetEvaluation


def draw_answers(axes: Axes, one: TargetExplanation) -> None:
    """Mean size of each modality's contribution to the answers."""
    sizes = one.mean_absolute
    axes.barh(range(len(sizes)), sizes, color=[colour(m) for m in range(len(sizes))], height=0.62)
    for m, size in enumerate(sizes):
        axes.text(size, m, f" {number(float(size))}", va="center", fontsize=8, color=INK)
    axes.set_xlim(0, max(float(sizes.max(initial=0)) * 1.22, 1e-9))
    name_rows(axes, one.modalities)
    plain(axes, "Part in the answers")
    axes.set_xlabel(f"mean |Shapley value|\n{one.unit}", fontsize=8)


def draw_score(axes: Axes, modalities: Sequence[str], score: ScoreAttribution) -> None:
    """Each modality's share of the score, with its interval, and what is lost when it is left out."""
    for m, part in enumerate(score.contributions):
        if part.share is not None:
            axes.barh(m, part.share.value, color=colour(m), height=0.62)
            whisker(axes, m, part.share, INK)
        if part.left_out is not None:
            axes.plot(part.left_out.value, m, "D", markersize=5, color=INK, markerfacecolor="white", zorder=4)
    axes.axvline(0, color=PRIOR, linewidth=1)
    name_rows(axes, modalities)
    plain(axes, "Part in the score")
    axes.set_xlabel(
        f"{score.metric}: {number(score.base)} from nothing, {number(score.full)} from everything", fontsize=8
    )
    if any(part.left_out is not None for part in score.contributions):
        axes.plot([], [], "D", markersize=5, color=INK, markerfacecolor="white", label="lost when left out")
        axes.legend(loc="best", fontsize=8, frameon=False, handletextpad=0.2)


def draw_alone(axes: Axes, one: TargetEvaluation) -> None:
    """Each modality by itself and everything, on the same rows."""
    for m, each in enumerate(one.alone):
        for offset, score, paint in ((-0.17, each.score, colour(m)), (0.17, each.fused, EVERYTHING)):
            if score is not None:
                axes.plot(score.value, m + offset, "o", color=paint, markersize=6.5)
                whisker(axes, m + offset, score, paint)
        if each.gain is not None and each.fused is not None:
            axes.annotate(
                f"{'+' if each.gain.value >= 0 else ''}{number(each.gain.value)}",
                (1.01, m),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize=8,
                fontweight="bold" if each.gain.excludes_zero else "normal",
                color=INK if each.gain.excludes_zero else PRIOR,
                annotation_clip=False,
            )
    if one.baseline is not None:
        axes.axvline(one.baseline.value, color=PRIOR, linestyle=":", linewidth=1.2)
    axes.plot([], [], "o", color=EVERYTHING, label="everything, same rows")
    axes.plot([], [], ":", color=PRIOR, label="prior answer")
    name_rows(axes, [f"{each.modality} ({each.rows})" for each in one.alone])
    plain(axes, f"Each modality alone, and everything ({one.metric})")
    axes.annotate("gain", (1.01, 1.0), xycoords="axes fraction", fontsize=8, va="bottom", color=PRIOR)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.09), ncols=2, fontsize=8, frameon=False)


def whisker(axes: Axes, y: float, score: Estimate, paint: str) -> None:
    """The interval of a figure, if it has one."""
    if score.low is not None and score.high is not None:
        axes.plot([score.low, score.high], np.full(2, y), color=paint, linewidth=1.6, solid_capstyle="round", zorder=3)
