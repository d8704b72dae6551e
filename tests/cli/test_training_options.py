"""How the network is trained is asked for on the command line as well, and what came of it is told."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import polymodal as pm
from polymodal.cli import app

RUNNER = CliRunner()


@pytest.fixture
def fit(tmp_path: Path, write_patients: Callable[[Path], None]):
    write_patients(tmp_path)
    data = ["fit", str(tmp_path / "patients.csv"), "--target", "outcome", "--files", str(tmp_path / "data")]
    ignored = ["--ignore", "photo", "--ignore", "ecg", "--ignore", "hospital", "--ignore", "patient"]
    usual = ["--learner", "network", "--folds", "1", "--epochs", "3", "--width", "8", "--out", str(tmp_path / "m.pm")]
    return lambda *options: RUNNER.invoke(app, [*data, *ignored, *usual, *options])


def test_how_the_network_is_trained(fit, tmp_path: Path) -> None:
    more = ["--segments", "0.5", "--curriculum", "difficulty", "--batch-size", "16", "--rows-at-once", "8"]
    found = fit("--patterns", "rates", "--balance", "ogm", "--pretrain", "1", *more)
    assert found.exit_code == 0, found.stderr
    model = pm.load(tmp_path / "m.pm")
    assert (model.patterns, model.balance, model.pretrain) == ("rates", "ogm", 1)
    assert (model.segments, model.curriculum) == (0.5, "difficulty")
    assert (model.batch_size, model.rows_at_once) == (16, 8)
    assert set(model.histories[0].balance[0]) == {"coefficients"}
    _, told = found.stderr.split("Of what each modality tells by itself, the joint model uses:")
    assert {"note", "tabular", "used"} <= set(told.split())


def test_a_slip_is_told(fit) -> None:
    found = fit("--balance", "omg")
    assert found.exit_code == 1
    assert "unknown balance 'omg'. Did you mean 'ogm'?" in found.stderr
    assert fit("--patterns", "omg").exit_code == 2
