"""Every script imports: a name that moved is seen here, not when a figure is wanted."""

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted((ROOT / "benchmarks").rglob("*.py"))
    if not path.name.startswith("__") and "peers" not in path.parts
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_it_imports(script: str) -> None:
    assert importlib.import_module(script)
