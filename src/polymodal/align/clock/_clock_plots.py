"""Figures of offset and drift: how well each offset fits, and the streams before and after."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from polymodal.align import _figure as look
from polymodal.align.clock._plots import trace
from polymodal.align.clock.stream import one_zero

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from polymodal.align.clock.drifting import Drift
    from polymodal.align.clock.lag import Offset
    from polymodal.align.clock.stream import Stream

_SHOWN = 400  # samples of the part that is drawn


def of_offset(found: Offset) -> Figure:
    """Three panels: fit over offsets, both streams as they came, both by one clock."""
    drawn, axes = look.panels(3)
    few = look.thinned(len(found.lags))
    axes[0].plot(found.lags[few], found.scores[few], linewidth=0.9, color=look.FIRST)
    axes[0].axvline(found.seconds, color=look.INK, linewidth=1)
    if found.runner_up is not None:
        axes[0].axvline(found.runner_up, color=look.GREY, linewidth=1, linestyle=":")
    look.plain(axes[0], "How well each offset fits; dotted the next best", "s", "score")
    _pair(axes[1], axes[2], found.first, found.second, found.apply(found.second))
    return drawn


def of_drift(found: Drift) -> Figure:
    """Three panels: offsets of the pieces and the line, both streams as they came, both by one clock."""
    drawn, axes = look.panels(3)
    used, times = found.pieces["used"].to_numpy(), found.pieces["time"].to_numpy()
    offsets = found.pieces["seconds"].to_numpy() * 1e3
    axes[0].plot(times[used], offsets[used], "o", markersize=4, color=look.FIRST, label="used")
    axes[0].plot(times[~used], offsets[~used], "x", markersize=5, color=look.GREY, label="not used")
    axes[0].plot(times, found.offset_at(times) * 1e3, color=look.INK, linewidth=1)
    axes[0].legend(fontsize=8, frameon=False)
    axes[0].ticklabel_format(useOffset=False)
    look.plain(axes[0], f"Offsets of the pieces, {found.ppm:+.2f} ppm", "s of the second clock", "ms")
    _pair(axes[1], axes[2], found.first, found.second, found.apply(found.second))
    return drawn


def _pair(before: Axes, after: Axes, first: Stream, second: Stream, moved: Stream) -> None:
    zero = one_zero(first, second)
    spans = first.from_zero(zero)[[0, -1]], moved.from_zero(zero)[[0, -1]]
    low, high = max(one[0] for one in spans), min(one[1] for one in spans)
    middle, half = (low + high) / 2, _SHOWN / 2 * max(first.step, moved.step)
    for axes, title, other in ((before, "Before", second), (after, "After", moved)):
        for level, paint, stream in ((1, look.FIRST, first), (0, look.SECOND, other)):
            if np.ptp(stream.values):
                trace(axes, _scaled(stream), 0, paint, stream.name, zero)
            else:  # events, of which only the times count
                axes.eventplot(stream.from_zero(zero), lineoffsets=level, colors=paint, label=stream.name)
                axes.set_yticks([])
                axes.set_ylim(-0.6, 2.2)
        axes.set_xlim(max(low, middle - half), min(high, middle + half))
        told = "s by the first clock" if zero is None else f"s from {pd.Timestamp(zero):%Y-%m-%d %H:%M:%S}"
        look.plain(axes, f"{title}, around the middle", told)
    before.legend(fontsize=8, frameon=False, loc="upper right")


def _scaled(stream: Stream) -> Stream:
    """Each channel around 0 with spread 1, so that two units can be drawn together."""
    centred = stream.values - stream.values.mean(axis=0)
    return replace(stream, values=centred / np.where(centred.std(axis=0) > 0, centred.std(axis=0), 1.0))
