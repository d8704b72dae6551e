"""The figure of a join."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator

from polymodal.align import _figure as look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from polymodal.align.joined import Joined


def figure(joined: Joined) -> Figure:
    """Rows with and without a partner as bars, and below them the distances of partners."""
    is_measured = joined.distances is not None and len(joined.distances) > 0
    drawn, axes = look.panels(2 if is_measured else 1)
    for place, side in enumerate((joined.left, joined.right)):
        start = len(side.labels) - len(side.rows)
        axes[0].barh(place, start, color=look.FIRST)
        for paint, (reason, n) in zip([look.SECOND, look.THIRD, look.GREY] * 3, side.counts().items(), strict=False):
            axes[0].barh(place, n, left=start, color=paint, label=f"{('left', 'right')[place]}: {reason}")
            start += n
    axes[0].set_yticks([0, 1], ["left", "right"])
    axes[0].invert_yaxis()
    if len(joined.left.rows) or len(joined.right.rows):
        drawn.legend(loc="outside lower left", ncols=2, fontsize=8, frameon=False)
    axes[0].xaxis.set_major_locator(MaxNLocator(integer=True))
    look.plain(axes[0], "Rows with a partner (blue) and without", "rows")
    if joined.distances is not None and is_measured:
        axes[1].hist(joined.distances, bins=60, color=look.FIRST)
        look.plain(axes[1], "How far apart partners are", joined.scale, "pairs")
    return drawn
