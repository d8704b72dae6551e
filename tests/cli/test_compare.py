"""Fusions compared on the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from polymodal.cli import app

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, write_patients: Callable[[Path], None]) -> Path:
    folder = tmp_path_factory.mktemp("compare")
    write_patients(folder)
    return folder / "patients.csv"


def compare(data: Path, *options: str):
    ignored = ["--ignore", "photo", "--ignore", "ecg", "--ignore", "hospital", "--ignore", "patient"]
    return RUNNER.invoke(app, ["compare", str(data), "--target", "outcome", *ignored, *options])


def test_fusions_by_name_in_json_with_a_picture(data: Path, tmp_path: Path) -> None:
    picture = tmp_path / "compared.png"
    asked = ["--fusion", "late", "--fusion", "concat", "--budget", "1s", "--test", "0.4"]
    found = compare(data, *asked, "--plot", str(picture), "--json")
    assert found.exit_code == 0, found.stderr
    read = json.loads(found.stdout)
    names = {line["name"] for line in read["targets"]["outcome"]["lines"]}
    assert names == {"late", "concat", "portfolio", "tabular alone", "note alone", "late averaging", "prior"}
    assert (read["budget"], read["n_test"]) == (1.0, [24])
    assert picture.stat().st_size > 1000


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--fusion", "lat"], "Did you mean 'late'"),
        (["--budget", "soon"], "is no time"),
        (["--plot", "compared.xyz"], "unknown ending"),
        (["--by", "time"], "needs a time column"),
    ],
)
def test_faults_are_told_before_the_work(data: Path, options: list[str], says: str) -> None:
    found = compare(data, *options)
    assert found.exit_code == 1
    assert says in found.stderr
    assert found.stdout == ""


@pytest.mark.parametrize("options", [["--splits", "0"], ["--test", "1.5"], ["--by", "luck"]])
def test_not_understood(data: Path, options: list[str]) -> None:
    assert compare(data, *options).exit_code == 2
