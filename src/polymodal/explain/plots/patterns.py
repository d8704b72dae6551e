"""The score for each presence pattern of the rows, with the pattern drawn beneath (after UpSet, Lex et al. 2014)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from polymodal.explain.plots.palette import EVERYTHING, FAINT, PRIOR, colour, name_rows, plain
from polymodal.explain.resampling import FEW_ROWS
from polymodal.explain.scores import PatternScore, TargetEvaluation

MOST = 24  # columns; the most frequent patterns are shown


def draw_patterns(axes: Axes, matrix: Axes, modalities: Sequence[str], one: TargetEvaluation) -> None:
    """Scores with intervals above, presence below, most frequent pattern first."""
    shown = one.patterns[:MOST]
    for x, pattern in enumerate(shown):
        _draw_score(axes, x, pattern)
    if one.baseline is not None:
        axes.axhline(one.baseline.value, color=PRIOR, linestyle=":", linewidth=1.2)
        axes.annotate("prior", (1.005, one.baseline.value), xycoords=("axes fraction", "data"), fontsize=8, color=PRIOR)
    axes.set_xlim(-0.6, len(shown) - 0.4)
    axes.set_xticks(range(len(shown)), [f"{pattern.rows}" for pattern in shown])
    more = f", {MOST} most frequent of {len(one.patterns)}" if len(one.patterns) > MOST else ""
    plain(axes, f"By what the rows have ({one.metric}{more})", grid="y")
    axes.annotate("rows", (-0.008, -0.03), xycoords="axes fraction", ha="right", va="top", fontsize=8, color=PRIOR)
    _draw_matrix(matrix, modalities, shown)


def _draw_score(axes: Axes, x: int, pattern: PatternScore) -> None:
    if pattern.score is None:
        why = "few rows" if pattern.rows < FEW_ROWS else "undefined"
        base = axes.get_xaxis_transform()
        axes.text(x, 0.03, why, transform=base, rotation=90, ha="center", va="bottom", fontsize=7, color=PRIOR)
        return
    if pattern.score.low is not None and pattern.score.high is not None:
        axes.plot([x, x], [pattern.score.low, pattern.score.high], color=EVERYTHING, linewidth=1.6, alpha=0.55)
    axes.plot(x, pattern.score.value, "o", color=EVERYTHING, markersize=6)


def _draw_matrix(axes: Axes, modalities: Sequence[str], shown: Sequence[PatternScore]) -> None:
    for m, name in enumerate(modalities):
        has = np.array([name in pattern.modalities for pattern in shown])
        axes.scatter(np.flatnonzero(~has), np.full((~has).sum(), m), s=38, color=FAINT, linewidths=0)
        axes.scatter(np.flatnonzero(has), np.full(has.sum(), m), s=46, color=colour(m), linewidths=0, zorder=3)
    for x, pattern in enumerate(shown):
        here = [m for m, name in enumerate(modalities) if name in pattern.modalities]
        if len(here) > 1:
            axes.plot([x, x], [here[0], here[-1]], color=PRIOR, linewidth=1.2, zorder=2)
    axes.set_xlim(-0.6, len(shown) - 0.4)
    name_rows(axes, modalities)
    plain(axes, "", grid="none")
    axes.set_xticks([])
    axes.spines[["left", "bottom"]].set_visible(False)
