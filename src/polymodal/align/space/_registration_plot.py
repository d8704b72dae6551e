"""The figure of a registration: before and after, one upon the other, and a checkerboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from polymodal.align import _figure as look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from polymodal.align.space.registration import Pairs, Registration, Views

_SQUARES = 8  # of the checkerboard, along the longer side


def figure(found: Registration) -> Figure:
    """A row of panels for pictures, a row for points; the verdict above them."""
    rows = (found.views is not None) + (found.pairs is not None)
    drawn = Figure(figsize=(9, 3.6 * rows), layout="constrained")
    axes = drawn.subplots(rows, 3, squeeze=False)
    if found.views is not None:
        _pictures(axes[0], found.views)
    if found.pairs is not None:
        _points(axes[-1], found, found.pairs)
    names = f"{found.transform.source.name} onto {found.transform.target.name}: {found.verdict.level}"
    drawn.suptitle(names.replace("$", r"\$"), fontsize=10, color=look.INK)
    return drawn


def _pictures(axes: np.ndarray, views: Views) -> None:
    fixed, before, after = (_grey(one) for one in (views.fixed, views.before, views.after))
    for place, title, other in ((0, "Before", before), (1, "After", after)):
        # Green and magenta add up to grey where the two agree, and keep apart for colour-blind eyes.
        axes[place].imshow(np.stack([other, fixed, other], axis=-1))
        look.plain(axes[place], title)
    squares = -(-max(fixed.shape) // _SQUARES)
    rows, columns = np.indices(fixed.shape) // max(squares, 1)
    board = (rows + columns) % 2 == 0
    axes[2].imshow(np.where(board, fixed, after), cmap="gray", vmin=0, vmax=1)
    look.plain(axes[2], "After, in squares")
    for one in axes:
        one.set_axis_off()


def _points(axes: np.ndarray, found: Registration, pairs: Pairs) -> None:
    moved, there = found.transform.forward(pairs.moving)
    taken = np.ones(len(pairs.matches), dtype=bool) if pairs.left_out is None else ~pairs.left_out
    for place, title, moving in ((0, "Before, each in its frame", pairs.moving), (1, "After", moved)):
        for points, paint, mark in ((pairs.fixed, look.FIRST, "o"), (moving, look.SECOND, "x")):
            few = look.thinned(len(points))
            name = (found.transform.target if mark == "o" else found.transform.source).name
            axes[place].plot(points[few, 0], points[few, 1], mark, markersize=3, color=paint, label=name)
        _square(axes[place], title)
    _lines(axes[1], moved[pairs.matches[:, 0]], pairs.fixed[pairs.matches[:, 1]], taken)
    axes[0].legend(fontsize=8, frameon=False)
    used = there[pairs.matches[:, 0]]
    far = np.linalg.norm(moved[pairs.matches[:, 0]] - pairs.fixed[pairs.matches[:, 1]], axis=1)
    axes[2].hist(
        [far[used & taken], far[used & ~taken]],
        bins=20,
        range=(0, max(far.max(), 1e-9)),
        stacked=True,
        color=[look.FIRST, look.GREY],
    )
    look.plain(axes[2], "Distances left; grey: left out", f"{found.verdict.unit}s", "pairs")


def _lines(axes: Axes, moved: np.ndarray, fixed: np.ndarray, taken: np.ndarray) -> None:
    few = look.thinned(len(moved) * 20)
    ends = np.stack([moved[few, :2], fixed[few, :2]], axis=1)
    for used, paint, line in ((True, look.INK, "-"), (False, look.GREY, ":")):
        drawn = ends[taken[few] == used]
        axes.add_collection(LineCollection(list(drawn), colors=paint, linestyles=line, linewidths=0.8), autolim=False)


def _square(axes: Axes, title: str) -> None:
    look.plain(axes, title, "x", "y")
    axes.set_aspect("equal")
    axes.invert_yaxis()


def _grey(picture: np.ndarray) -> np.ndarray:
    """Brightness from 0 to 1, of the middle of what a picture holds."""
    flat = np.asarray(picture, dtype=np.float64)
    flat = flat.mean(axis=-1) if flat.ndim == 3 else flat
    low, high = np.percentile(flat, [1, 99])
    return np.clip((flat - low) / (high - low), 0, 1) if high > low else np.zeros_like(flat)
