"""`polymodal check` on rows that are nearly the same."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from typer.testing import CliRunner

from polymodal.cli import app


def test_check_finds_rows_twice_and_in_both_tables(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(80, 6))
    frame = pd.DataFrame(values, columns=list("abcdef"))
    frame.loc[5] = frame.loc[2] + 0.001
    frame.to_csv(tmp_path / "train.csv", index=False)
    frame.loc[:9].round(2).to_csv(tmp_path / "test.csv", index=False)
    arguments = ["check", str(tmp_path / "train.csv"), "--duplicates", "--against", str(tmp_path / "test.csv")]
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 0, told.stderr
    assert "2 of 80 rows are near-duplicates" in told.stdout
    assert "that is leakage" in told.stdout
    answer = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert answer["near_duplicates"]["clusters"] == [[2, 5]]
    assert {pair["row"] for pair in answer["against"]["pairs"]} == set(range(10))
    assert "near_duplicates" not in json.loads(CliRunner().invoke(app, [*arguments[:2], "--json"]).stdout)
