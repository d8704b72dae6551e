"""Landmarks and saved maps on the command line."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from polymodal.align.space import Affine, Frame, Pinhole, Registration, Transform
from polymodal.cli import app

RUNNER = CliRunner()
POINTS = np.array([[0.0, 0], [100, 0], [100, 80], [0, 80], [40, 30]])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = list("abcde")
    pd.DataFrame({"name": names, "column": POINTS[:, 0], "row": POINTS[:, 1]}).to_csv("moving.csv", index=False)
    pd.DataFrame({"name": names, "column": POINTS[:, 0] + 3, "row": POINTS[:, 1] + 1}).iloc[::-1].to_csv(
        "fixed.csv", index=False
    )
    shift = Affine([[1, 0, 1], [0, 1, 0]], Frame("a", size=(3, 2)), Frame("b", size=(4, 2)))
    shift.save("shift.json")


def run(*arguments: str):
    return RUNNER.invoke(app, ["align", "space", *arguments])


def test_landmarks_and_the_map_applied(tmp_path: Path) -> None:
    found = run("landmarks", "moving.csv", "fixed.csv", "--by", "name", "--columns", "column,row", "--model", "rigid",
                "--out", "map.json", "--plot", "pairs.png", "--json")  # fmt: skip
    assert found.exit_code == 0, found.stderr
    told = json.loads(found.stdout)
    assert told["verdict"]["level"] == "good"
    assert told["transform"]["source"]["name"] == "moving"
    assert Path("pairs.png").stat().st_size > 1000
    assert Registration.load("map.json").transform == Transform.load("map.json")
    moved = run("apply", "map.json", "moving.csv", "--columns", "column,row", "--out", "moved.csv")
    assert moved.exit_code == 0, moved.stderr
    assert "Moved from 'moving' to 'fixed'" in moved.stdout
    table = pd.read_csv("moved.csv")
    assert list(table.columns) == ["name", "column", "row"]
    np.testing.assert_allclose(table[["column", "row"]], POINTS + np.array([3, 1]), atol=1e-9)
    back = run("apply", "map.json", "moved.csv", "--columns", "column,row", "--inverse", "--out", "back.csv")
    assert back.exit_code == 0, back.stderr
    np.testing.assert_allclose(pd.read_csv("back.csv")[["column", "row"]], POINTS, atol=1e-9)


@pytest.mark.parametrize("ending", ["tif", "npy"])
@pytest.mark.parametrize("mask", [[], ["--mask"]])
def test_pictures_and_masks(ending: str, mask: list[str]) -> None:
    picture = np.array([[10, 20, 30], [40, 50, 60]], dtype=np.uint8)
    if ending == "npy":
        np.save("in.npy", picture)
    else:
        Image.fromarray(picture).save(f"in.{ending}")
    found = run("apply", "shift.json", f"in.{ending}", *mask, "--fill", "7", "--out", "new/out.npy", "--json")
    assert found.exit_code == 0, found.stderr
    assert json.loads(found.stdout)["size"] == [4, 2]
    assert np.load("new/out.npy").tolist() == [[7, 10, 20, 30], [7, 40, 50, 60]]
    found = run("apply", "shift.json", f"in.{ending}", *mask, "--size", "2x1", "--out", f"out.{ending}")
    assert found.exit_code == 0, found.stderr
    kept = np.load("out.npy") if ending == "npy" else np.asarray(Image.open(f"out.{ending}"))
    assert kept.tolist() == [[0, 10]]


def test_palettes_are_labels_or_colours() -> None:
    picture = Image.new("P", (3, 2))
    picture.putdata([0, 1, 2, 2, 1, 0])
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    picture.save("labels.png")
    assert run("apply", "shift.json", "labels.png", "--mask", "--out", "labels.npy").exit_code == 0
    assert np.load("labels.npy").tolist() == [[0, 0, 1, 2], [0, 2, 1, 0]]
    assert run("apply", "shift.json", "labels.png", "--out", "colours.npy").exit_code == 0
    assert np.load("colours.npy")[0, 2].tolist() == [255, 0, 0]


def test_a_camera_says_which_points_it_shows() -> None:
    lidar = Frame("lidar", "metre", dimensions=3)
    Pinhole([[10, 0, 5], [0, 10, 5], [0, 0, 1]], lidar, Frame("photo", size=(11, 11))).save("camera.json")
    pd.DataFrame({"x": [0.0, 0], "y": [0.0, 0], "z": [2.0, -2]}).to_csv("cloud.csv", index=False)
    assert run("apply", "camera.json", "cloud.csv", "--out", "seen.csv").exit_code == 0
    table = pd.read_csv("seen.csv")
    assert table["seen"].tolist() == [True, False]
    assert table.loc[0, ["x", "z", "column", "row", "depth"]].tolist() == [0, 2, 5, 5, 2]
    assert "without depth" in run("apply", "camera.json", "cloud.csv", "--inverse", "--out", "seen.csv").stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["landmarks", "moving.csv", "fixed.csv"], "no such column"),
        (["landmarks", "moving.csv", "fixed.csv", "--columns", "column"], "two or three"),
        (
            ["landmarks", "moving.csv", "fixed.csv", "--columns", "column,row", "--model", "afine"],
            "Did you mean 'affine'",
        ),
        (["landmarks", "moving.csv", "fixed.csv", "--columns", "column,row", "--smoothing", "much"], "or auto"),
        (["landmarks", "moving.csv", "fixed.csv", "--columns", "column,row", "--unit", "inch"], "--unit inch"),
        (["landmarks", "moving.csv", "gone.csv", "--columns", "column,row"], "gone.csv"),
        (["apply", "gone.json", "moving.csv", "--out", "o.csv"], "cannot read"),
        (["apply", "moving.csv", "moving.csv", "--out", "o.csv"], "not a saved transform"),
        (["apply", "shift.json", "moving.csv", "--out", "o.csv"], "no such column"),
        (["apply", "shift.json", "moving.csv", "--out", "o.xls"], "unknown ending"),
        (["apply", "shift.json", "moving.csv", "--mask", "--out", "o.csv"], "INPUT is a table"),
        (["apply", "shift.json", "moving.gif", "--out", "o.png"], "unknown ending"),
        (["apply", "shift.json", "gone.png", "--out", "o.png"], "cannot be read"),
        (["apply", "shift.json", "gone.png", "--mask", "--out", "o.png"], "cannot be read"),
        (["apply", "shift.json", "in.png", "--mask", "--out", "o.jpg"], "JPEG changes labels"),
        (["apply", "shift.json", "in.png", "--columns", "x,y", "--out", "o.png"], "INPUT is a picture"),
        (["apply", "shift.json", "in.png", "--size", "large", "--out", "o.png"], "2000x1500"),
        (["apply", "shift.json", "in.png", "--mask", "--fill", "0.5", "--out", "o.png"], "whole numbers"),
        (["apply", "shift.json", "in.png", "--fill", "256", "--out", "o.png"], "--fill 256"),
        (["apply", "shift.json", "wide.npy", "--out", "o.png"], "npy holds every array"),
    ],
    ids=range(20),
)
def test_what_cannot_be_done_is_said(arguments: list[str], words: str) -> None:
    Image.fromarray(np.zeros((2, 3), dtype=np.uint8)).save("in.png")
    np.save("wide.npy", np.zeros((2, 3, 5)))
    found = run(*arguments)
    assert found.exit_code == 1, found.output
    assert words in " ".join(found.stderr.split())
