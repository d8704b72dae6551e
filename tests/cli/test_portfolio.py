"""What is trained is asked for by name on the command line as well."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import polymodal as pm
from polymodal.cli import app

RUNNER = CliRunner()


def fit(folder: Path, *options: str):
    data = ["fit", str(folder / "patients.csv"), "--target", "outcome", "--files", str(folder / "data")]
    ignored = ["--ignore", "photo", "--ignore", "ecg", "--ignore", "hospital", "--ignore", "patient"]
    return RUNNER.invoke(app, [*data, *ignored, "--folds", "2", "--out", str(folder / "m.pm"), *options])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, write_patients: Callable[[Path], None]) -> Path:
    folder = tmp_path_factory.mktemp("portfolio")
    write_patients(folder)
    return folder


@pytest.mark.parametrize(
    ("options", "learners"),
    [
        (["--preset", "fast"], {"linear", "trees"}),
        (["--learner", "trees"], {"trees"}),
        (["--preset", "best", "--learner", "linear", "--learner", "trees"], {"linear", "trees"}),
    ],
)
def test_learners_by_name(folder: Path, options: list[str], learners: set[str]) -> None:
    found = fit(folder, *options, "--test", "0.25", "--json")
    assert found.exit_code == 0, found.stderr
    assert json.loads(found.stdout)["test"]["targets"]["outcome"]["metric"] == "auc"
    model = pm.load(folder / "m.pm")
    assert {one.member.split(":")[0] for one in model.portfolio.standings["outcome"]} == {*learners, "together"}
    assert not model.networks
    answered = RUNNER.invoke(app, ["predict", str(folder / "m.pm"), "--row", '{"note": "chest pain"}', "--json"])
    assert answered.exit_code == 0, answered.stderr


def test_an_unknown_learner_is_told(folder: Path) -> None:
    found = fit(folder, "--learner", "tree")
    assert found.exit_code == 1
    assert "unknown learner 'tree'. Did you mean 'trees'?" in found.stderr
    assert "Traceback" not in found.output


def test_an_unknown_preset_is_not_understood(folder: Path) -> None:
    found = fit(folder, "--preset", "quick")
    assert found.exit_code == 2
    assert "fast" in found.stderr
