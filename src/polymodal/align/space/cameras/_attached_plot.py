"""The figure of points on a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import LogNorm

from polymodal.align import _figure as look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from polymodal.align.space.cameras.attach import Attached


def figure(found: Attached) -> Figure:
    """The picture, and the points seen in it, near ones dark and far ones bright."""
    drawn, [axes] = look.panels(1, height=4.5)
    axes.imshow(found.picture, cmap="gray")
    rows = np.flatnonzero(found.projection.seen)
    rows = rows[look.thinned(len(rows))]
    pixels, depth = found.projection.pixels[rows], found.projection.depth[rows]
    marks = axes.scatter(pixels[:, 0], pixels[:, 1], c=depth, s=2, cmap="plasma", linewidths=0, norm=LogNorm())
    bar = drawn.colorbar(marks, ax=axes, shrink=0.7)
    bar.set_label("depth", fontsize=8)
    look.plain(axes, repr(found.projection))
    axes.set_axis_off()
    return drawn
