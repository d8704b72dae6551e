"""What the package says it offers is there, once, and costs nothing until asked for."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import polymodal as pm


@pytest.mark.parametrize("name", pm.__all__)
def test_every_public_name_resolves(name: str) -> None:
    home = importlib.import_module(pm._HOMES[name])
    assert getattr(pm, name) is getattr(home, name)
    assert name in dir(pm)


def test_names_and_homes_agree() -> None:
    assert pm.__all__ == sorted(set(pm.__all__))
    assert set(pm.__all__) == set(pm._HOMES)


def test_type_checkers_see_the_same_homes() -> None:
    tree = ast.parse(Path(pm.__file__).read_text())
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        alias.asname or alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == pm._HOMES


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Modle"):
        pm.Modle  # noqa: B018


@pytest.mark.parametrize("statement", ["import polymodal", "import polymodal.cli", "import polymodal.registry"])
def test_import_is_light(statement: str) -> None:
    heavy = ("torch", "pandas", "matplotlib", "sklearn", "pyarrow", "transformers", "timm", "PIL")
    code = f"import sys; {statement}; print([name for name in {heavy!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert loaded == "[]"
