"""`polymodal evaluate --hide`: what if cells were missing, from the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import polymodal as pm
from polymodal.cli import app

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def fitted(tmp_path_factory) -> tuple[str, str]:
    folder: Path = tmp_path_factory.mktemp("hidden")
    kind = np.arange(40) % 2
    lines = [f"{age},{'good' if one else 'bad'} day {age},{'ab'[one]}" for age, one in enumerate(kind)]
    (folder / "rows.csv").write_text("\n".join(["age,note,y", *lines]))
    table = pm.Table.read(folder / "rows.csv", target="y", types={"note": "text"})
    pm.Model(learners=["linear"], folds=2).fit(table).save(folder / "model.pm")
    return str(folder / "model.pm"), str(folder / "rows.csv")


def test_what_is_hidden_is_told_and_scored(fitted) -> None:
    asked = ["evaluate", *fitted, "--resamples", "0", "--json"]
    whole = RUNNER.invoke(app, asked)
    gone = RUNNER.invoke(app, [*asked, "--hide", "note=1", "--mechanism", "mar", "--by", "age"])
    assert whole.exit_code == gone.exit_code == 0, gone.output
    assert "note: 40 cells, 100.0% of those present" in gone.stderr
    scores = [json.loads(one.stdout)["targets"]["y"]["scores"]["accuracy"]["value"] for one in (whole, gone)]
    assert scores[0] == 1.0
    assert scores[1] < 0.8


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--hide", "note"], "cannot be understood; write NAME=SHARE"),
        (["--hide", "nite=0.5"], "Did you mean 'note'?"),
        (["--mechanism", "mar"], "what is hidden is said by --hide NAME=SHARE"),
    ],
)
def test_a_slip_is_told(fitted, options: list[str], told: str) -> None:
    found = RUNNER.invoke(app, ["evaluate", *fitted, *options])
    assert found.exit_code == 1
    assert told in found.stderr
