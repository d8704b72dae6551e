"""Vectors into a store by command."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import polymodal as pm
from polymodal.cli import app
from polymodal.registry import EMBEDDERS


class Lengths:
    width, fingerprint = 1, "lengths"

    @classmethod
    def load(cls, name, device="cpu"):
        return cls()

    def suited(self, modality):
        return modality

    def embed(self, samples):
        return np.array([[len(one)] for one in samples], dtype=np.float32)


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setitem(EMBEDDERS._parts, "text", Lengths)
    return lambda *given: CliRunner().invoke(app, ["embed", *map(str, given)])


def test_embed_and_info(run, tmp_path: Path):
    place = tmp_path / "notes.lance"
    pm.Store.create(place, {"note": ["calm sea", None]}, types={"note": "text"})
    answer = json.loads(run(place, "--with", "lengths", "--json").stdout)
    assert answer == {"of": "note", "encoder": "lengths", "width": 1, "rows": 2}
    assert "note by lengths: 1 numbers, 2 of 2 rows" in run(place, "--with", "lengths").output
    shown = CliRunner().invoke(app, ["info", str(place)]).output
    assert "Embedded\n  note  lengths  1 numbers  2 of 2 rows" in shown
    assert CliRunner().invoke(app, ["info", str(place), "--json"]).exit_code == 0


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ({"a": ["x y"], "b": ["y z"]}, "--column says which column to embed; a, b could be"),
        ({"a": [1.0]}, "no column that a pretrained encoder reads"),
    ],
)
def test_which_column(run, tmp_path: Path, rows, says):
    place = tmp_path / "rows.lance"
    pm.Store.create(place, rows, types={name: "text" for name in rows if len(rows) > 1})
    result = run(place, "--with", "lengths")
    assert result.exit_code == 1
    assert says in result.output
