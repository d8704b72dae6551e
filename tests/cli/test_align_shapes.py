"""Clouds and expression on the command line."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from polymodal.align.space import Registration
from polymodal.cli import app

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    places = random.uniform(0, 60, (40, 2))
    counts = random.poisson(9 * np.exp(np.sin(places @ random.normal(size=(2, 55)) / 15)))
    genes = {f"gene {place}": column for place, column in enumerate(counts.T)}
    moved = places[:, ::-1] * [-1, 1] + [70, 5]
    pd.DataFrame({"x": moved[:, 0], "y": moved[:, 1], **genes}).to_csv("moving.csv", index=False)
    pd.DataFrame({"x": places[:, 0], "y": places[:, 1], **genes}).iloc[::-1].to_csv("fixed.csv", index=False)


def run(*arguments: str):
    return RUNNER.invoke(app, ["align", "space", *arguments])


def test_clouds_then_expression_checked_by_them() -> None:
    found = run("clouds", "moving.csv", "fixed.csv", "--out", "map.json", "--json")
    assert found.exit_code == 0, found.stderr
    assert json.loads(found.stdout)["verdict"]["level"] == "good"
    assert Registration.load("map.json").transform.angle == pytest.approx(-90)
    pytest.importorskip("ot")
    found = run("expression", "moving.csv", "fixed.csv", "--check", "map.json", "--pairs", "pairs.csv", "--json")
    assert found.exit_code == 0, found.stderr
    told = json.loads(found.stdout)
    assert told["verdict"]["agreement"]["largest"] < 1e-6
    assert told["transform"]["source"]["name"] == "moving"
    assert (pd.read_csv("pairs.csv").groupby("moving")["fixed"].first() == np.arange(40)[::-1]).all()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["clouds", "moving.csv", "fixed.csv", "--stiffness", "3"], "--stiffness has a meaning"),
        (["clouds", "moving.csv", "fixed.csv", "--columns", "x,why"], "'why'"),
        (["expression", "moving.csv", "fixed.csv", "--columns", "x,y,z"], "two names"),
        (["expression", "moving.csv", "fixed.csv", "--pairs", "pairs.txt"], "unknown ending"),
    ],
)
def test_faults_are_told(arguments: list[str], told: str) -> None:
    found = run(*arguments)
    assert found.exit_code == 1
    assert told in found.stderr
