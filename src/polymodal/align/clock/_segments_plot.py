"""The figure of segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polymodal.align import _figure as look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from polymodal.align.clock.segments import Segments

_NAMED = 40


def figure(found: Segments) -> Figure:
    """A bar a segment, alternating in height, named where there are few."""
    drawn, axes = look.panels(1)
    for place, (text, start, end) in enumerate(zip(found.texts, found.starts, found.ends, strict=True)):
        axes[0].barh(place % 4, end - start, left=start, height=0.8, color=(look.FIRST, look.SECOND)[place % 2])
        if len(found) <= _NAMED:
            axes[0].text(start, place % 4, text[:24].replace("$", r"\$"), fontsize=7, va="center")
    axes[0].set_yticks([])
    look.plain(axes[0], f"{len(found)} segments", "s")
    return drawn
