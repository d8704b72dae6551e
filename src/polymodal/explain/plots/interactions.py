"""Pairs of modalities: which tell more together (synergy) and which repeat each other (redundancy)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from polymodal.explain.plots.palette import INK, PRIOR, label, plain

ANNOTATED = 10  # modalities up to which the figures fit in the cells


def draw_interactions(axes: Axes, modalities: Sequence[str], pairs: np.ndarray, of: str) -> None:
    """Heat map of the pairwise interaction index `[M, M]`; purple repeats, orange adds."""
    n = len(modalities)
    shown = np.ma.masked_array(pairs, mask=np.triu(np.ones((n, n), dtype=bool)))
    largest = float(np.abs(pairs[np.tril_indices(n, -1)]).max(initial=0.0))
    limit = 1.2 * largest if largest > 0 else 1.0
    image = axes.imshow(shown, cmap="PuOr_r", vmin=-limit, vmax=limit)
    for i in range(n):
        for j in range(i):
            if n <= ANNOTATED:
                paint = "white" if abs(pairs[i, j]) > 0.6 * limit else INK
                axes.text(j, i, f"{pairs[i, j]:+.2f}", ha="center", va="center", fontsize=8, color=paint)
    axes.set_xticks(range(n - 1), [label(name, 12) for name in modalities[:-1]], rotation=35, ha="right")
    axes.set_yticks(range(1, n), [label(name, 12) for name in modalities[1:]])
    axes.set_xlim(-0.5, max(n - 1.5, 0.5))
    axes.set_ylim(n - 0.5, 0.5 if n > 1 else -0.5)
    plain(axes, f"Interactions ({of})", grid="none")
    axes.spines[["left", "bottom"]].set_visible(False)
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.7, aspect=18, pad=0.03, ticks=[-limit, 0, limit])
    bar.ax.set_yticklabels(["repeat\neach other", "0", "more\ntogether"], fontsize=8)
    bar.ax.tick_params(length=0, colors=INK)
    bar.outline.set_edgecolor(PRIOR)
