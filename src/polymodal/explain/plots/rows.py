"""Rows: every row's contributions as a swarm, and one row's answer as a waterfall."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from polymodal.explain.attribution import TargetExplanation
from polymodal.explain.plots.palette import EVERYTHING, INK, PRIOR, colour, label, name_rows, plain

MOST = 1500  # points a modality; beyond, every k-th in order of size, so the shape stays
BINS = 70


def draw_swarm(axes: Axes, one: TargetExplanation) -> None:
    """A point for each row that has the modality; rows where it is absent have no contribution to show."""
    for m in range(len(one.modalities)):
        values = np.sort(one.contributions[one.present[:, m], m])
        values = values[:: max(1, -(-len(values) // MOST))]
        if len(values):
            heights = _spread(values, float(np.ptp(one.contributions)) or 1.0)
            axes.scatter(values, m + heights, s=9, color=colour(m), alpha=0.55, linewidths=0, zorder=3)
    axes.axvline(0, color=PRIOR, linewidth=1)
    name_rows(axes, [f"{name} ({count})" for name, count in zip(one.modalities, one.present.sum(axis=0), strict=True)])
    plain(axes, "Each row's contributions")
    axes.set_xlabel(f"Shapley value ({one.unit})", fontsize=8)


def draw_waterfall(axes: Axes, one: TargetExplanation, row: int) -> None:
    """From the prior answer to the answer given, one modality at a time, the strongest first."""
    values = one.contributions[row]
    order = sorted(range(len(values)), key=lambda m: (not one.present[row, m], -abs(values[m])))
    reached = float(one.base[row])
    span = max(float(np.abs(values).sum()), 1e-9)
    for place, m in enumerate(order):
        if not one.present[row, m]:
            continue
        step = float(values[m])
        axes.barh(place, step, left=reached, color=colour(m), height=0.55)
        side = 1 if step >= 0 else -1
        end, anchor = reached + step + 0.015 * span * side, "left" if side > 0 else "right"
        axes.text(end, place, f"{step:+.3f}", va="center", ha=anchor, fontsize=8, color=INK)
        axes.plot([reached + step] * 2, [place - 0.28, place + 1.28], color=PRIOR, linewidth=0.8)
        reached += step
    axes.axvline(one.base[row], color=PRIOR, linestyle=":", linewidth=1.2, label=f"from nothing {one.base[row]:.3f}")
    axes.axvline(one.full[row], color=EVERYTHING, linewidth=1.2, label=f"answer {one.full[row]:.3f}")
    axes.use_sticky_edges = False
    axes.margins(x=0.16)
    name_rows(axes, [one.modalities[m] + ("" if one.present[row, m] else " (absent)") for m in order])
    plain(axes, f"Row {label(str(one.rows[row]), 40)}: {label(one.answers[row], 40)}")
    axes.set_xlabel(one.unit, fontsize=8)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, fontsize=8, frameon=False)


def _spread(values: np.ndarray, span: float) -> np.ndarray:
    """Heights that set apart points at nearly the same place, within 0.38 of the line."""
    bins = np.floor((values - values[0]) / span * BINS).astype(int)
    crowd = np.bincount(bins)[bins]
    even = np.arange(len(values)) * 0.6180339887 % 1.0 - 0.5  # golden ratio: neighbours land far apart
    return np.asarray(2 * even * np.minimum(0.03 * (crowd - 1), 0.38 * crowd / crowd.max()))
