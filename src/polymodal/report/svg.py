"""A matplotlib figure as inline SVG that follows the page: its colours, its font, its width."""

from __future__ import annotations

import io
import re
import warnings
from typing import Any

import matplotlib
import numpy as np
from markupsafe import Markup, escape
from matplotlib.figure import Figure

from polymodal.explain.plots.palette import COLOURS, EVERYTHING, FAINT, INK, PRIOR

# The page defines these for light and for dark paper.
VARIABLES = {
    **{paint.lower(): f"var(--m{m})" for m, paint in enumerate(COLOURS)},
    **{INK: "var(--ink)", "#000000": "var(--ink)", EVERYTHING.lower(): "var(--everything)"},
    **{PRIOR.lower(): "var(--muted)", FAINT.lower(): "var(--line)", "#ffffff": "var(--paper)"},
}
MOST_POINTS = 1200  # beyond, points are drawn as one picture
_STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "mathtext.default": "regular",
    "savefig.dpi": 200,
    "axes.unicode_minus": False,
}


def inline(figure: Figure, name: str, says: str) -> Markup:
    """The figure as an `<svg>` element for an HTML page.

    Args:
        figure: drawn on transparent paper.
        name: of its own in the page; element ids hang on it, and the same figure and name give the same bytes.
        says: what is to be seen, for those who do not see it.
    """
    _thin_out(figure)
    text = io.StringIO()
    style: Any = {**_STYLE, "svg.hashsalt": name}
    with matplotlib.rc_context(style), warnings.catch_warnings():
        # The browser has fonts for every script; here a glyph is only measured.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        engine = figure.get_layout_engine()
        if engine is not None:  # placed once here; saving would draw everything once more for it
            engine.execute(figure)
            figure.set_layout_engine("none")
        about = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(text, format="svg", transparent=True, metadata=about)
    width = float(figure.get_size_inches()[0]) * 96
    return Markup(_adapt(text.getvalue(), str(escape(says)), width))


def _adapt(svg: str, says: str, width: float) -> str:
    """Stripped of what a page has itself: preamble, metadata, ids nobody refers to; fonts and inks are the page's."""
    svg = svg[svg.index("<svg") :]
    box = re.search(r'viewBox="[^"]+"', svg)
    assert box is not None, "matplotlib gives every figure a viewBox"
    head = f'<svg {box.group()} role="img" aria-label="{says}" style="width:{width:.0f}px">'
    body = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg[svg.index(">") + 1 :], flags=re.DOTALL)
    used = set(re.findall(r'(?:url\(#|xlink:href="#)([^)"]+)', body))
    body = re.sub(r"<[^>]*>", lambda tag: _plain_tag(tag.group(), used), body)
    return head + re.sub(r"\s*\n\s*", " ", body)


def _plain_tag(tag: str, used: set[str]) -> str:
    tag = re.sub(r' id="([^"]+)"', lambda found: found.group() if found.group(1) in used else "", tag)
    tag = re.sub(r' transform="rotate\(-0 [^)]*\)"', "", tag).replace("xlink:href", "href")
    tag = re.sub(r"'DejaVu Sans'[^;\"]*", "var(--sans)", tag)
    tag = re.sub(r"(?<=[: ])#[0-9a-f]{6}\b", lambda found: VARIABLES.get(found.group(), found.group()), tag)
    if tag.startswith("<image"):  # its data is no number
        return tag
    return re.sub(r"(\.\d\d)\d+", r"\1", tag)


def _thin_out(figure: Figure) -> None:
    points = [drawn for axes in figure.axes for drawn in axes.collections]
    if sum(len(np.asarray(drawn.get_offsets())) for drawn in points) > MOST_POINTS:
        for drawn in points:
            drawn.set_rasterized(True)
