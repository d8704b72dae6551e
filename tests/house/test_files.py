"""What may not be in a file of this project, and what a file may not be."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("src", "tests", "benchmarks", "docs", "changes", ".ci")
TEXT = {".py", ".md", ".toml", ".lock", ".txt", ".html", ".css", ".js", ".json", ".cfg", ".yml", ".jinja", ""}

FILES = sorted(
    path
    for room in ROOMS
    for path in [*(ROOT / room).rglob("*"), *(ROOT.glob("*") if room == "src" else ())]
    if path.is_file() and path.suffix in TEXT and not {"__pycache__", ".venv"} & set(path.parts)
)
PYTHON = [path for path in FILES if path.suffix == ".py"]

# Written in two parts, so that this file does not hold them.
FORBIDDEN = {
    "/" + "work/": "a path of one machine",
    "/" + "root/": "a path of one machine",
    "/" + "home/": "a path of one machine",
    "pickle" + ".load": "unpickling runs whatever code is in a file",
    "weights_only" + "=False": "unpickling runs whatever code is in a file",
    "allow_pickle" + "=True": "unpickling runs whatever code is in a file",
    "TO" + "DO": "unfinished work is finished or not there",
    "FIX" + "ME": "unfinished work is finished or not there",
    "except" + " Exception": "hides faults nobody thought of",
    "except" + ":": "hides faults nobody thought of",
    "Not" + "ImplementedError": "unfinished work is finished or not there",
}


def test_files_are_found() -> None:
    assert len(PYTHON) > 30
    assert ROOT / "README.md" in FILES


@pytest.mark.parametrize("word", FORBIDDEN)
def test_no_file_holds(word: str) -> None:
    found = [str(path.relative_to(ROOT)) for path in FILES if word in path.read_text(encoding="utf-8")]
    assert not found, f"{word!r} ({FORBIDDEN[word]}) is in {found}"


def test_no_drawers() -> None:
    drawers = {"utils", "util", "common", "helpers", "helper", "misc"}
    found = [str(path) for path in PYTHON if drawers & {part.strip("_") for part in (*path.parts, path.stem)}]
    assert not found, f"a thing used twice has a noun; name the file after it: {found}"


def test_no_file_is_too_long() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in PYTHON}
    assert not {path: length for path, length in lengths.items() if length > 400}


def test_bundled_data_is_small() -> None:
    bundled = (ROOT / "src").rglob("*.parquet")
    assert sum(path.stat().st_size for path in bundled) < 1_000_000
