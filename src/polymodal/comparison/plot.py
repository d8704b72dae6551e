"""The figure of a comparison: every line's score with its interval, best on top."""

from __future__ import annotations

from matplotlib.figure import Figure

from polymodal.comparison.lines import Line, TargetComparison
from polymodal.explain.plots.bars import whisker
from polymodal.explain.plots.palette import INK, PRIOR, colour, label, name_rows, plain

_PAINTS = {"model": colour(0), "modality": colour(3), "baseline": PRIOR}


def figure(one: TargetComparison) -> Figure:
    """A dot and its 95 % interval for each line; filled where it cannot be told from the best at 5 %."""
    lines = [line for line in one.lines if line.score is not None]
    drawn = Figure(figsize=(8, 1.9 + 0.34 * max(2, len(lines))), layout="constrained")
    axes = drawn.subplots()
    for place, line in enumerate(lines):
        assert line.score is not None
        paint = _PAINTS[line.kind]
        whisker(axes, place, line.score, paint)
        face = "white" if line.to_best is not None and line.to_best.is_sure else paint
        axes.plot(line.score.value, place, "o", color=paint, markerfacecolor=face, markersize=7, zorder=4)
        axes.annotate(
            _told(line), (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=8, color=INK,
            annotation_clip=False,
        )  # fmt: skip
    if one.best_single is not None and (score := one[one.best_single].score) is not None:
        axes.axvline(score.value, color=_PAINTS["modality"], linestyle=":", linewidth=1.2)
    for kind, words in (("model", "model"), ("modality", "one modality alone"), ("baseline", "baseline")):
        if any(line.kind == kind for line in lines):
            axes.plot([], [], "o", color=_PAINTS[kind], label=words)
    axes.plot([], [], "o", color=INK, markerfacecolor="white", label="differs from the best at 5 %")
    name_rows(axes, [line.name for line in lines])
    better = "" if one.greater_is_better else ", less is better"
    plain(axes, f"{one.metric} on {one.n_rows} rows held out{better}")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=4, fontsize=8, frameon=False)
    drawn.suptitle(f"{label(one.name, 60)}: models and baselines, lines are 95 % intervals", x=0.01, ha="left",
                   fontsize=11, color=INK)  # fmt: skip
    return drawn


def _told(line: Line) -> str:
    """The p of the difference to the best, or that this is it."""
    if line.to_best is None:
        return "best"
    return "" if line.to_best.p is None else f"p = {line.to_best.p:.3f}"
