"""`polymodal check --labels` names the labels that the other rows contradict."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from typer.testing import CliRunner

from polymodal.cli import app


def test_flipped_labels_are_named(tmp_path: Path) -> None:
    kind = np.arange(80) % 2
    values = np.random.default_rng(0).normal(size=(80, 2)) + 4 * kind[:, None]
    frame = pd.DataFrame(
        {"x": values[:, 0], "z": values[:, 1], "y": np.where(kind, "b", "a"), "t": 1.0 + np.arange(80)}
    )
    frame.loc[[4, 7], "y"] = ["b", "a"]
    frame.assign(e=kind).to_csv(tmp_path / "rows.csv", index=False)
    asked = ["check", str(tmp_path / "rows.csv"), "--ignore", "t", "--ignore", "e", "--labels"]
    told = CliRunner().invoke(app, [*asked, "--target", "y"])
    assert told.exit_code == 0, told.stderr
    assert "y (category): 2 of 80 labels in doubt" in told.stdout
    [found] = json.loads(CliRunner().invoke(app, [*asked, "--target", "y", "--json"]).stdout)["doubtful_labels"]
    assert {one["position"] for one in found["suspicious"]} == {4, 7}
    alive = CliRunner().invoke(app, [*asked[:2], "--target", "survival:t:e", "--labels"])
    assert alive.exit_code == 1
    assert "'survival' (survival) came" in alive.stderr
