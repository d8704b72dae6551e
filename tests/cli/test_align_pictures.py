"""Pictures brought into one frame on the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import polymodal as pm
from polymodal.cli import app

RUNNER = CliRunner()
ROWS, COLUMNS = np.mgrid[:80, :90]
INSIDE = (COLUMNS > 15) & (ROWS > 12) & (COLUMNS + ROWS < 85)
LEAF = (255 - INSIDE * (110 + 70 * np.sin(COLUMNS / 6) * np.cos(ROWS / 8))).astype(np.uint8)


@pytest.fixture
def _two_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(LEAF).save("moving.png", dpi=(12_700, 12_700))
    Image.fromarray(np.roll(LEAF, 9, axis=1)).save("fixed.png")


def run(*arguments: str):
    return RUNNER.invoke(app, ["align", "space", "pictures", "moving.png", "fixed.png", *arguments])


@pytest.mark.usefixtures("_two_pictures")
def test_the_map_is_said_written_and_drawn() -> None:
    found = run("--fixed-resolution", "2", "--one-way", "--out", "map.json", "--plot", "seen.png", "--json")
    assert found.exit_code == 0, found.stderr
    told = json.loads(found.stdout)
    assert told["verdict"]["level"] == "good"
    transform = pm.align.space.Transform.load("map.json")
    assert json.loads(transform.to_json()) == told["transform"]
    assert transform.points([[30, 30]]) == pytest.approx(np.array([[39, 30]]), abs=0.5)
    assert (transform.source.name, transform.source.resolution) == ("moving", pytest.approx(2, rel=1e-3))
    assert Path("seen.png").stat().st_size > 1000


@pytest.mark.usefixtures("_two_pictures")
def test_what_is_missing_or_wrong_is_told() -> None:
    unknown = run()
    assert unknown.exit_code == 1
    assert "Give --fixed-resolution" in unknown.stderr
    wrong = run("--fixed-resolution", "2", "--deformable", "demon", "--stain", "he", "--mirror", "no")
    assert wrong.exit_code == 1
    assert wrong.stderr.count("\n  - ") == 3
