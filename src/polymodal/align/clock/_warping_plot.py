"""The figure of a warping."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polymodal.align import _figure as look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from polymodal.align.clock.warping import Warping


def figure(found: Warping) -> Figure:
    """Three panels: the first channel of both before, after, and the path."""
    drawn, axes = look.panels(3)
    axes[0].plot(found.first[:, 0], color=look.FIRST, linewidth=0.9, label="first")
    axes[0].plot(found.second[:, 0], color=look.SECOND, linewidth=0.9, label="second")
    axes[0].legend(fontsize=8, frameon=False)
    look.plain(axes[0], "Before", "sample")
    axes[1].plot(found.first[:, 0], color=look.FIRST, linewidth=0.9)
    axes[1].plot(found.apply(found.second)[:, 0], color=look.SECOND, linewidth=0.9)
    look.plain(axes[1], "After", "sample of the first")
    axes[2].plot(found.path[:, 0], found.path[:, 1], color=look.FIRST, linewidth=1)
    ends = np.array([0, len(found.first) - 1]), np.array([0, len(found.second) - 1])
    axes[2].plot(*ends, color=look.GREY, linewidth=0.8, linestyle=":")
    look.plain(axes[2], "Path; dotted an even stretching", "sample of the first", "of the second")
    return drawn
