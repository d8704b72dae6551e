"""One colour a modality, safe for colour-blind eyes, and the plain look all figures share."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from polymodal.explain.tables import shorten

# Okabe & Ito (2008) without its black and its yellow, which are for text and paper; then Tol's muted scheme
COLOURS = (
    *("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"),
    *("#882255", "#999933", "#332288", "#44AA99", "#AA4499", "#661100"),
)
EVERYTHING, PRIOR, FAINT, INK = "#3A3A3A", "#9A9A9A", "#E3E3E3", "#222222"


def colour(m: int) -> str:
    """Of the modality at position m, the same in every figure."""
    return COLOURS[m % len(COLOURS)]


def label(text: str, width: int = 22) -> str:
    """Short enough for an axis, and never read as a formula."""
    return shorten(text, width).replace("$", r"\$")


def plain(axes: Axes, title: str, grid: str = "x") -> None:
    """Title on the left, no box, a faint grid along the axis that carries the figures."""
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold", color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(PRIOR)
    axes.tick_params(length=0, labelsize=9, colors=INK)
    axes.set_axisbelow(True)
    if grid in ("x", "y"):
        axes.grid(axis="x" if grid == "x" else "y", color=FAINT, linewidth=0.8)


def name_rows(axes: Axes, modalities: Sequence[str]) -> None:
    """One line a modality, the first on top."""
    axes.set_yticks(range(len(modalities)), [label(name) for name in modalities])
    axes.set_ylim(len(modalities) - 0.5, -0.5)
