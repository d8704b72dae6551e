"""The figure of a learning curve: score over rows shown, a line a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from polymodal.explain.plots.palette import INK, PRIOR, colour, label, plain

if TYPE_CHECKING:
    from polymodal.comparison.curve import LearningCurve


def figure(curve: LearningCurve) -> Figure:
    """Means over draws with a band of one standard deviation, every draw as a faint dot, the prior as a dotted line."""
    drawn = Figure(figsize=(7, 4.2), layout="constrained")
    axes = drawn.subplots()
    for place, model in enumerate(curve.models):
        points = [point for point in curve.points if point.model == model and point.mean is not None]
        rows, means = [point.n_rows for point in points], [point.mean or 0.0 for point in points]
        spreads = [point.spread or 0.0 for point in points]
        paint = colour(place)
        low, high = ([m + sign * s for m, s in zip(means, spreads, strict=True)] for sign in (-1, 1))
        axes.fill_between(rows, low, high, color=paint, alpha=0.15, linewidth=0)
        axes.plot(rows, means, "o-", color=paint, markersize=5, label=label(model, 40))
        for point in points:
            known = [score for score in point.scores if score is not None]
            axes.plot([point.n_rows] * len(known), known, ".", color=paint, alpha=0.35, markersize=4)
    if curve.prior is not None:
        axes.axhline(curve.prior, color=PRIOR, linestyle=":", linewidth=1.2, label="prior")
    axes.set_xscale("log")
    ticks = {point.n_rows: point.shots for point in curve.points}
    names = [str(size) if isinstance(size, int) else f"{size:.0%}" for size in ticks.values()]
    axes.set_xticks(list(ticks), names)
    axes.minorticks_off()
    axes.set_xlabel(curve.unit, fontsize=9, color=INK)
    better = "" if curve.greater_is_better else ", less is better"
    plain(axes, f"{label(curve.target, 40)}: {curve.metric} on {curve.n_test} test rows{better}", grid="y")
    axes.legend(fontsize=8, frameon=False)
    return drawn
