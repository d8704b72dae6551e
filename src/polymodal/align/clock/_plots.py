"""Figures of streams: before and after, side by side in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from polymodal.align import _figure as look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from polymodal.align.clock.stream import Stream
    from polymodal.align.clock.windowing import Windows

_MOST_CHANNELS = 4
_PAINTS = (look.FIRST, look.SECOND, look.THIRD)


def overlaid(streams: Sequence[tuple[str, Stream]], title: str) -> Figure:
    """The first channels of several streams, one panel a channel."""
    channels = streams[0][1].channels[:_MOST_CHANNELS]
    drawn, axes = look.panels(len(channels))
    for place, channel in enumerate(channels):
        for paint, (label, stream) in zip(_PAINTS, streams, strict=False):
            trace(axes[place], stream, place, paint, label)
        look.plain(axes[place], f"{title}: {channel}" if place == 0 else channel, "s")
        axes[place].legend(fontsize=8, frameon=False)
    return drawn


def trace(axes: Axes, stream: Stream, channel: int, paint: str, label: str, zero: int | None = None) -> None:
    """One channel as a line that is broken where values are absent; irregular ones with their samples as dots.

    Seconds count from `zero`, of streams with dates; from the zero of the stream where there is none.
    """
    few = look.thinned(len(stream))
    values = np.where(stream.present[:, channel], stream.values[:, channel], np.nan)[few]
    mark = "." if stream.rate is None else ""
    axes.plot(stream.from_zero(zero)[few], values, linewidth=0.9, marker=mark, markersize=3, color=paint, label=label)


def timeline(windows: Windows) -> Figure:
    """A line of samples for each stream, and the windows as bands."""
    drawn, axes = look.panels(1, height=1.2 + 0.5 * len(windows.streams))
    for place, (name, stream) in enumerate(windows.streams.items()):
        times = stream.from_zero(windows.zero)[look.thinned(len(stream))]
        axes[0].plot(times, np.full(len(times), place), "|", color=_PAINTS[place % 3], markersize=9)
        axes[0].text(-0.01, place, name, transform=axes[0].get_yaxis_transform(), ha="right", va="center", fontsize=8)
    for start in windows.starts[look.thinned(len(windows) * 100)]:
        axes[0].axvspan(start, start + windows.length, facecolor=look.GREY, alpha=0.15, edgecolor=look.GREY)
    axes[0].set_yticks([])
    look.plain(axes[0], f"{len(windows)} windows", "s")
    return drawn
