"""Joining tables and bringing clocks together on the command line."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from polymodal.cli import app

RUNNER = CliRunner()


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"patient": ["a", "b", "c"], "time": [10, 20, 30], "lat": [52.5, 48.1, 0.0], "lon": [13.4, 11.6, 0.0]}
                 ).to_csv("left.csv", index=False)  # fmt: skip
    pd.DataFrame({"patient": ["a", "a", "B "], "time": [8, 9, 25], "note": ["calm", "storm", "rain"],
                  "lat": [52.4, 52.51, 40.0], "lon": [13.1, 13.41, 0.0]}).to_csv("right.csv", index=False)  # fmt: skip
    for name in ("a", "c"):
        (tmp_path / "scans" / name).mkdir(parents=True)
        (tmp_path / "scans" / name / "1.png").write_text("")
    return tmp_path


def run(*arguments: str):
    return RUNNER.invoke(app, ["align", *arguments])


@pytest.mark.parametrize(
    ("options", "column", "expected"),
    [
        (["--on", "patient", "--several", "list"], "note", ['["calm", "storm"]', None, None]),
        (["--near", "patient", "--several", "first"], "note", ["calm", "rain", None]),
        (["--asof", "time", "--by", "patient", "--tolerance", "5s"], "note", ["storm", None, None]),
        (["--asof", "time", "--direction", "forward"], "note", ["rain", "rain", None]),
        (
            ["--asof", "time", "--tolerance", "16", "--column", "note", "--not-exact"],
            "note",
            ["storm", "storm", "rain"],
        ),
        (["--around", "time", "--before", "2s", "--several", "first"], "note", ["calm", None, None]),
        (["--around", "time", "--before", "2", "--several", "last"], "note", ["storm", None, None]),
        (["--place", "lat,lon", "--within", "30"], "note", ["storm", None, None]),
        (["--place", "lat,lon", "--within", "0.02", "--flat"], "note", ["storm", None, None]),
    ],
)
def test_every_way_of_pairing(tables: Path, options: list[str], column: str, expected: list) -> None:
    found = run("pair", "left.csv", "right.csv", *options, "--out", "out.csv")
    assert found.exit_code == 0, found.stderr
    assert pd.read_csv("out.csv")[column].astype(object).where(lambda one: one.notna(), None).tolist() == expected
    assert "Joined" in found.stdout


def test_places_of_two_names(tables: Path) -> None:
    pd.read_csv("right.csv").rename(columns={"lat": "y", "lon": "x"}).to_csv("named.csv", index=False)
    asked = ["--place", "lat,lon=y,x", "--within", "30", "--out", "out.csv"]
    assert run("pair", "left.csv", "named.csv", *asked).exit_code == 0
    assert pd.read_csv("out.csv")["note"][0] == "storm"


def test_files_who_is_alone_and_json(tables: Path) -> None:
    asked = ["--pattern", "{patient}/*.png", "--unmatched", "alone.json", "--plot", "joined.png", "--json"]
    found = run("pair", "left.csv", "scans", *asked)
    assert found.exit_code == 0, found.stderr
    told = json.loads(found.stdout)
    assert told["left"]["unmatched"] == [{"row": 1, "reason": "patient not on the other side"}]
    assert json.loads(Path("alone.json").read_text())[0]["side"] == "left"
    assert Path("joined.png").stat().st_size > 1000


@pytest.fixture
def clocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    values = np.convolve(random.normal(size=6000), np.hanning(20), "same")
    pd.DataFrame({"time": np.arange(6000) / 50, "acc": values}).to_csv("watch.csv", index=False)
    pd.DataFrame({"t": np.arange(4000) / 50, "move": values[1000:5000]}).to_csv("phone.csv", index=False)
    claps = np.cumsum(random.exponential(1, 60))
    pd.DataFrame({"time": claps}).to_csv("claps.csv", index=False)
    pd.DataFrame({"time": claps[5:50] - 7}).to_csv("flashes.csv", index=False)


def test_offset_and_drift_of_two_recordings(clocks: None) -> None:
    asked = ["clock", "watch.csv", "phone.csv", "--time", "time=t", "--column", "acc=move"]
    found = run(*asked, "--out", "moved.csv", "--plot", "clocks.png")
    assert found.exit_code == 0, found.stderr
    assert "Add 20 s to the times of 'phone'" in found.stdout
    assert pd.read_csv("moved.csv")["time"][0] == pytest.approx(20, abs=1e-4)
    told = json.loads(run(*asked, "--drift", "--window", "20s", "--json").stdout)
    assert abs(told["ppm"]) < 1
    assert told["seconds"] == pytest.approx(20, abs=1e-4)


def test_units_that_differ(clocks: None) -> None:
    frame = pd.read_csv("phone.csv")
    frame.assign(t=frame["t"] * 1000).to_csv("ms.csv", index=False)
    asked = ["clock", "watch.csv", "ms.csv", "--time", "time=t", "--column", "acc=move"]
    assert json.loads(run(*asked, "--unit", "s=ms", "--json").stdout)["seconds"] == pytest.approx(20, abs=1e-4)
    assert "may count in another unit" in " ".join(run(*asked).stdout.split())
    pd.DataFrame({"time": [2], "x": [1]}).to_csv("left.csv", index=False)
    pd.DataFrame({"time": [1500, 2500], "dose": [7, 8]}).to_csv("right.csv", index=False)
    run("pair", "left.csv", "right.csv", "--asof", "time", "--unit", "s=ms", "--out", "out.csv")
    assert pd.read_csv("out.csv")["dose"].tolist() == [7]


def test_offset_of_events(clocks: None) -> None:
    told = json.loads(run("clock", "claps.csv", "flashes.csv", "--events", "--json").stdout)
    assert told["seconds"] == pytest.approx(7)
    assert (
        "times of 'flashes' to have them by the clock of 'claps'"
        in run("clock", "claps.csv", "flashes.csv", "--events").stdout
    )


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["pair", "left.csv", "right.csv"], 2, "give one of --on"),
        (["pair", "left.csv", "right.csv", "--place", "lat,lon"], 2, "how far apart"),
        (["pair", "left.csv", "right.csv", "--on", "patient"], 1, "several partners"),
        (["pair", "left.csv", "right.csv", "--on", "patent"], 1, "Did you mean 'patient'"),
        (["pair", "left.csv", "right.csv", "--asof", "time", "--several", "list"], 1, "--several goes with --on,"),
        (["pair", "left.csv", "right.csv", "--on", "patient", "--tolerance", "5s", "--flat"], 1, "with --asof; --flat"),
        (["pair", "left.csv", "right.csv", "--on", "patient", "--out", "x.xls"], 1, "unknown ending"),
        (["clock", "left.csv", "right.csv"], 1, "it takes at least 16"),
        (["clock", "left.csv", "right.csv", "--window", "5s"], 1, "with --drift only"),
        (["clock", "left.csv", "right.csv", "--events", "--phase"], 1, "only times count"),
        (["clock", "left.csv", "nowhere.csv"], 1, "no such file"),
    ],
)
def test_faults(tables: Path, arguments: list[str], code: int, says: str) -> None:
    found = run(*arguments)
    assert found.exit_code == code
    assert says in " ".join(found.stderr.split())
