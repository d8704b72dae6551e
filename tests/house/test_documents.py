"""Every Python block of the README and of docs/ runs, top to bottom, in a folder that holds a small sample table."""

import os
import pkgutil
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from polymodal import registry

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def with_code(documents: list[Path]) -> list[Path]:
    return [path for path in documents if _BLOCK.search(path.read_text(encoding="utf-8"))]


@pytest.fixture
def _forget_parts() -> Iterator[None]:
    """What a page registers is gone after it."""
    yield
    for one in vars(registry).values():
        if isinstance(one, registry.Registry):
            for name in [name for name, part in one._parts.items() if part.__module__ == "page"]:
                del one._parts[name]


@pytest.mark.parametrize("document", with_code(DOCUMENTS), ids=lambda path: path.name)
@pytest.mark.usefixtures("patients", "_forget_parts")
def test_blocks_run(document: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = document.read_text(encoding="utf-8")
    page = types.ModuleType("page")  # a module of its own, so that classes made in a block can be found by name
    monkeypatch.setitem(sys.modules, "page", page)
    for block in _BLOCK.finditer(text):
        before = text[: block.start(1)].count("\n")  # so that a fault names the line of the document
        exec(compile("\n" * before + block.group(1), str(document), "exec"), page.__dict__)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    links = _LINK.findall(_BLOCK.sub("", document.read_text(encoding="utf-8")))
    assert not [link for link in links if not os.path.exists(document.parent / link)]


def test_the_road_names_what_is_there() -> None:
    text = (ROOT / "docs" / "road.md").read_text(encoding="utf-8")
    named = re.findall(r"\*\*`([\w.]+)`\*\*(?:`\.(\w+)`)?", text)
    assert len(named) > 10
    for path, method in named:
        part = pkgutil.resolve_name(path)
        assert not method or hasattr(part, method), f"{path} has no {method}"
