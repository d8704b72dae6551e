"""Learning curves on the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from polymodal.cli import app

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, write_patients: Callable[[Path], None]) -> Path:
    folder = tmp_path_factory.mktemp("curve")
    write_patients(folder)
    return folder / "patients.csv"


def curve(data: Path, *options: str):
    ignored = ["--ignore", "photo", "--ignore", "ecg", "--ignore", "patient"]
    return RUNNER.invoke(app, ["learning-curve", str(data), "--target", "outcome", *ignored, *options])


def test_in_json_with_a_picture(data: Path, tmp_path: Path) -> None:
    picture = tmp_path / "curve.png"
    asked = ["--shots", "1,0.5", "--repeats", "2", "--group", "hospital", "--learner", "gaussian"]
    found = curve(data, *asked, "--plot", str(picture), "--json")
    assert found.exit_code == 0, found.stderr
    read = json.loads(found.stdout)
    assert [(one["model"], one["shots"]) for one in read["points"]] == [("gaussian", 0.5), ("gaussian", 1)]
    assert picture.stat().st_size > 1000


def test_against_rows_of_another_file(data: Path, tmp_path: Path) -> None:
    lines = data.read_text().splitlines()
    halves = tmp_path / "a.csv", tmp_path / "b.csv"
    for half, some in zip(halves, (lines[1:31], lines[31:]), strict=True):
        half.write_text("\n".join([lines[0], *some]))
    found = curve(halves[0], "--ignore", "hospital", "--test-data", str(halves[1]), "--shots", "5", "--repeats", "1")
    assert found.exit_code == 0, found.stderr
    assert "on 30 test rows" in found.stdout


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--shots", "few"], "'few' is no number"),
        (["--shots", "0"], "whole numbers from 1"),
        (["--plot", "curve.xyz"], "unknown ending"),
        (["--encoder", "note=text"], "--encoder would change nothing"),
    ],
)
def test_faults_are_told_before_the_work(data: Path, options: list[str], says: str) -> None:
    found = curve(data, *options)
    assert found.exit_code == 1
    assert says in found.stderr
