"""The page: whole, self-contained, escaped, the same every time."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import ArtifactError, DataError
from polymodal.report.page import render

from .conftest import DAY, TARGETS

Fitted = Callable[[str], tuple[pm.Model, pm.Table]]
VOID = {"meta", "img", "br", "hr", "link", "input"}


class Outline(HTMLParser):
    """Fails on a tag that is not closed where it should be; keeps ids, links, headings and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings.append(data.strip())


def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    parser.close()
    assert not parser.open
    return parser


@pytest.mark.parametrize("kind", TARGETS)
def test_page_is_well_formed_whole_and_asks_nothing_of_the_network(kind: str, page: Callable[[str], str]) -> None:
    text = page(kind)
    found = outline(text)
    for heading in ("How good are the answers?", "What told the model?", "Rows worth a look", "The table"):
        assert heading in found.headings
    ids = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = [attrs["href"] for tag, attrs in found.tags if "href" in attrs]
    assert all(link and link[1:] in ids for link in links)
    assert "://" not in text
    assert not {tag for tag, _ in found.tags} & {"script", "link", "iframe", "object", "embed", "base", "form"}
    assert all((attrs["src"] or "").startswith("data:image/png") for tag, attrs in found.tags if tag == "img")
    assert "default-src 'none'" in text
    assert len(text) < 1_000_000
    assert "Cell(" not in text  # no record is shown as Python writes it


@pytest.mark.parametrize("kind", TARGETS)
def test_page_says_what_answers_are_made_of(
    kind: str, fitted: Callable[[str], tuple[pm.Model, pm.Table]], page: Callable[[str], str]
) -> None:
    model, _ = fitted(kind)
    text = page(kind)
    assert "What answers about" in text
    for member in model.leaderboard()["member"]:
        assert f">{member}<" in text


def test_each_kind_compares_answers_with_truth_in_its_own_way(page: Callable[[str], str]) -> None:
    assert "Confusion" in page("category")
    assert "Do the probabilities hold?" in page("category")
    assert "Answered against true" in page("several")
    assert "Each label" in page("several")
    assert "Thirds of predicted risk" in page("survival")
    assert "Levels off" in page("several")
    assert "The answer is the median level" in page("several")


def test_thresholds_are_said(page: Callable[[str], str]) -> None:
    assert "(chosen for f1)." in page("category")
    assert "each label is answered from a probability of 0.4 on." in page("several")


def test_several_targets_have_a_section_each(page: Callable[[str], str]) -> None:
    assert {"cost: In short", "tags: In short"} <= set(outline(page("several")).headings)
    assert "In short" in outline(page("category")).headings


def test_absent_and_unreadable_are_told_apart(page: Callable[[str], str]) -> None:
    text = page("category")
    broken = re.search(r'aria-label="photo: unreadable">.*?</div>', text, re.DOTALL)
    assert broken
    assert "not a readable picture" in broken.group()
    assert re.search(r'aria-label="photo: absent">\s*<h5>photo</h5>\s*<p class="gap">absent', text)
    assert "nothing is present, so the answer is the prior" in text
    assert '<th scope="row">P05</th><td>photo</td>' in text


def test_cells_names_and_labels_are_escaped() -> None:
    hostile = "<script>alert('x')</script><img src=//evil onerror=y>"
    frame = pd.DataFrame(
        {
            "id": [f"{hostile}{row}" for row in range(12)],
            hostile: [1.0, 2.0] * 6,
            "note": [f"{hostile} {row}" for row in range(12)],
            "ward": [hostile, "b"] * 6,
            "y": [hostile, "b"] * 6,
        }
    )
    types = {"note": "text", "tabular": pm.Tabular(columns=(hostile, "ward"))}
    table = pm.Table.read(frame, target="y", id="id", types=types)
    text = render(pm.Model(folds=1, epochs=1, width=8).fit(table, progress=False), table, DAY)
    tags = outline(text).tags
    assert "script" not in {tag for tag, _ in tags}
    assert not any(name.startswith("on") for _, attrs in tags for name in attrs)
    assert "&lt;script&gt;" in text


def test_same_model_and_table_give_the_same_bytes_in_whatever_style_the_caller_plots(
    fitted: Fitted, page: Callable[[str], str]
) -> None:

    with matplotlib.rc_context({"text.color": "white", "axes.facecolor": "black", "font.size": 30}):
        assert render(*fitted("survival"), DAY) == page("survival")
        assert matplotlib.rcParams["font.size"] == 30


def corner(kind: str, table: pm.Table) -> pm.Table:
    if kind == "one row":
        return table.take(np.array([0]))
    if kind == "everything absent":
        return table.take(np.array([3, 3, 3]))
    without = [column for one in table.schema.targets for column in table.schema.targets[one].sources(one)]
    return pm.Table(table.frame.drop(columns=without), table.schema, table.files)


CORNERS = [
    ("one row", "survival"),
    ("one row", "several"),
    ("everything absent", "category"),
    ("no labels", "category"),
]


@pytest.mark.parametrize(("case", "kind"), CORNERS)
def test_corner_cases(kind: str, case: str, fitted: Fitted) -> None:
    model, table = fitted(kind)
    text = render(model, corner(case, table), DAY)
    outline(text)
    assert "Rows worth a look" in text
    assert ("No row of this table has a label" in text) == (case == "no labels")


def test_one_modality_and_names_in_every_script() -> None:
    frame = pd.DataFrame({"वार्ड 雨 🌧 $x$": [0.0, 1.0] * 8, "łódź": ["да", "нет"] * 8})
    types = {"雨 🌧": pm.Tabular(columns=("वार्ड 雨 🌧 $x$",))}
    table = pm.Table.read(frame, target="łódź", types=types)
    text = render(pm.Model(folds=1, epochs=1, width=8).fit(table, progress=False), table, DAY)
    outline(text)
    assert "雨 🌧" in text
    assert "да" in text


def test_many_rows_stay_small(fitted: Fitted) -> None:
    model, table = fitted("category")
    text = render(model, table.take(np.arange(600) % len(table)), DAY)
    assert len(text) < 3_000_000
    assert "<image" in text


def test_report_writes_the_page_whole_or_not_at_all(
    fitted: Fitted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, table = fitted("category")
    table = table.take(np.arange(4))
    path = model.report(tmp_path / "deep" / "report.html", table)
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    before = path.read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("polymodal.report.page.render", lambda *_: "another page")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ArtifactError, match="No space left"):
        model.report(path, table)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]


def test_a_table_without_rows_is_refused(fitted: Fitted) -> None:
    model, table = fitted("category")
    with pytest.raises(DataError, match="no rows"):
        render(model, table.take(np.array([], dtype=int)), DAY)
