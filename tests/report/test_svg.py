"""A figure as part of a page."""

from __future__ import annotations

import re

from matplotlib.figure import Figure

from polymodal.report.svg import inline


def drawn(text: str) -> Figure:
    figure = Figure(figsize=(2, 1), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0.123456, 1], "o-", color="#0072B2")
    axes.set_title(text)
    return figure


def test_text_stays_text_and_is_escaped() -> None:
    svg = inline(drawn("<b>雨 0.12345 #222222"), "one", 'says "more" & <less>')
    assert "&lt;b&gt;雨 0.12345 #222222" in svg
    assert 'aria-label="says &#34;more&#34; &amp; &lt;less&gt;"' in svg


def test_colours_and_fonts_are_those_of_the_page() -> None:
    svg = inline(drawn("title"), "one", "")
    assert "var(--m0)" in svg
    assert "var(--sans)" in svg
    assert "#0072b2" not in svg
    assert "DejaVu" not in svg


def test_ids_are_the_figures_own_and_all_referred_to() -> None:
    first, again, second = (inline(drawn("title"), name, "") for name in ("one", "one", "two"))
    assert first == again
    ids = set(re.findall(r' id="([^"]+)"', first))
    assert ids
    assert all(f"#{one}" in first for one in ids)
    assert not ids & set(re.findall(r' id="([^"]+)"', second))
    assert "://" not in first
