"""The score as modalities are dropped."""

from __future__ import annotations

from matplotlib.axes import Axes

from polymodal.explain.plots.palette import EVERYTHING, FAINT, PRIOR, plain
from polymodal.explain.resampling import number
from polymodal.explain.scores import Robustness, TargetEvaluation


def draw_robustness(axes: Axes, one: TargetEvaluation, curve: Robustness) -> None:
    """Mean and worst score over the patterns that hide k modalities."""
    axes.fill_between(curve.dropped, curve.worst, curve.mean, color=FAINT, alpha=0.6, linewidth=0)
    axes.plot(curve.dropped, curve.mean, "-o", color=EVERYTHING, markersize=5, label="mean over patterns")
    axes.plot(
        curve.dropped,
        curve.worst,
        "--o",
        color=EVERYTHING,
        markerfacecolor="white",
        markersize=5,
        label="worst pattern",
    )
    if one.baseline is not None:
        axes.axhline(one.baseline.value, color=PRIOR, linestyle=":", linewidth=1.2, label="prior answer")
    axes.set_xticks(curve.dropped)
    axes.set_xlabel("modalities hidden from every row", fontsize=8)
    plain(axes, f"Robustness ({one.metric}, area {number(curve.area)})", grid="y")
    axes.legend(loc="best", fontsize=8, frameon=False)
