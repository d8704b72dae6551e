"""Small curves as inline SVG, for showing a cell."""

from __future__ import annotations

import html

import numpy as np

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_WIDTH, _HEIGHT, _POINTS = 180, 48, 180


def sparkline(values: np.ndarray, label: str) -> str:
    """Curves `[T, C]` drawn over each other, gaps left open; `label` says what the width stands for."""
    step = max(1, -(-len(values) // _POINTS))
    drawn = values[::step]
    low, high = np.nanmin(drawn), np.nanmax(drawn)
    height = (_HEIGHT - 4) / (high - low or 1.0)
    lines = []
    for channel in range(min(drawn.shape[1], len(_COLOURS))):
        pen, path = "M", []
        for position, value in enumerate(drawn[:, channel]):
            if np.isnan(value):
                pen = "M"
                continue
            x, y = position * _WIDTH / max(1, len(drawn) - 1), _HEIGHT - 2 - (value - low) * height
            path.append(f"{pen}{x:.1f} {y:.1f}")
            pen = "L"
        lines.append(f'<path d="{"".join(path)}" fill="none" stroke="{_COLOURS[channel]}" stroke-width="1.2"/>')
    title = html.escape(label)
    return (
        f'<svg class="curve" width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">'
        f"<title>{title}</title>{''.join(lines)}</svg><small>{title}</small>"
    )
