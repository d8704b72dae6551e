"""The plain look of the figures of this room; the colours are safe for colour-blind eyes (Okabe & Ito 2008)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FIRST, SECOND, THIRD, GREY, INK = "#0072B2", "#E69F00", "#009E73", "#9A9A9A", "#222222"
_FAINT = "#E3E3E3"
_MOST_POINTS = 20_000


def panels(n: int, height: float = 2.2) -> tuple[Figure, list[Axes]]:
    """A figure of `n` panels, one above the other."""
    drawn = Figure(figsize=(8, height * n), layout="constrained")
    return drawn, list(drawn.subplots(n, 1, squeeze=False)[:, 0])


def plain(axes: Axes, title: str, x: str = "", y: str = "") -> None:
    """Title on the left, no box, a faint grid."""
    axes.set_title(title.replace("$", r"\$"), loc="left", fontsize=10, fontweight="bold", color=INK)
    axes.set_xlabel(x, fontsize=9, color=INK)
    axes.set_ylabel(y, fontsize=9, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=0, labelsize=8, colors=INK)
    axes.set_axisbelow(True)
    axes.grid(color=_FAINT, linewidth=0.8)


def thinned(n: int) -> slice:
    """Every so many of `n` points, so that a figure stays small."""
    return slice(None, None, max(1, n // _MOST_POINTS))
