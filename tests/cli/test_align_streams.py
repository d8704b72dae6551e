"""Resampling, windows, warping and films on the command line."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile
from typer.testing import CliRunner, Result

import polymodal as pm
from polymodal.cli import app

RUNNER = CliRunner()


def run(*arguments: str, code: int = 0) -> Result:
    found = RUNNER.invoke(app, ["align", *arguments])
    assert found.exit_code == code, found.output
    return found


@pytest.fixture(autouse=True)
def recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ECG at 8 Hz for 20 s, a pulse at times of its own with a gap, and one bump at two paces."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    pd.DataFrame({"time": np.arange(160) / 8, "lead": random.normal(size=160)}).to_csv("ecg.csv", index=False)
    times = [0.0, 1.0, 2.5, 3.0, 4.0, 12.0, 13.5, 20.0]
    pd.DataFrame({"time": times, "hr": [70, 71, 72, None, 75, 80, 81, 82]}).to_csv("pulse.csv", index=False)
    for name, pace in (("slow", 1.0), ("fast", 1.6), ("middle", 1.3)):
        progress = np.linspace(0, 1, 60) ** pace
        angle = np.stack([np.sin(5 * progress), np.cos(3 * progress)])
        pd.DataFrame({"time": np.arange(60) / 10, "x": angle[0], "y": angle[1]}).to_csv(f"{name}.csv", index=False)


def test_an_even_grid_that_leaves_gaps_absent() -> None:
    asked = ["resample", "pulse.csv", "--rate", "2", "--max-gap", "2s"]
    told = json.loads(run(*asked, "--out", "even.csv", "--plot", "even.png", "--json").stdout)
    frame = pd.read_csv("even.csv")
    assert told["rate"] == 2
    assert len(frame) == told["samples"] == 41
    assert frame["hr"].isna().mean() == pytest.approx(told["absent"])
    assert frame.loc[frame["time"] == 0.5, "hr"].item() == 70.5
    assert Path("even.png").stat().st_size > 1000
    assert "became" in run(*asked, "--method", "previous").stdout


@pytest.mark.parametrize("ending", ["parquet", "json"])
def test_windows_are_rows_that_are_read_as_series(ending: str) -> None:
    asked = ["windows", "ecg.csv", "pulse.csv", "--length", "5s", "--out", f"rows.{ending}"]
    told = json.loads(run(*asked, "--plot", "rows.png", "--json").stdout)
    assert told["samples"] == {"ecg": [40] * 4, "pulse": [5, 0, 2, 0]}
    rows = Path("rows.json").read_text() if ending == "json" else None
    source = json.loads(rows) if rows else "rows.parquet"
    table = pm.Table.read(source, types={"ecg": pm.Series(rate=8), "pulse": pm.Series(irregular=True)})
    assert table.cells("pulse").state.tolist() == [1, 0, 1, 0]
    assert [one.shape for one in table.cells("ecg").samples if one is not None] == [(40, 1)] * 4
    np.testing.assert_allclose(table.cells("pulse").samples[2], [[0, 80], [1.5, 81]])


def test_one_recording_stretched_onto_another() -> None:
    asked = ["warp", "slow.csv", "fast.csv", "--band", "0.4"]
    told = json.loads(run(*asked, "--out", "moved.csv", "--plot", "warped.png", "--json").stdout)
    moved, slow = pd.read_csv("moved.csv"), pd.read_csv("slow.csv")
    assert np.abs(moved[["x", "y"]] - slow[["x", "y"]]).to_numpy().max() < 0.15
    assert told["path"][-1] == [59, 59]
    assert json.loads(run(*asked, "--standard", "--rate", "5", "--json").stdout)["path"][-1] == [29, 29]
    learnt = run(*asked, "--learn", "--further", "middle.csv", "--steps", "5", "--json")
    assert json.loads(learnt.stdout)["learnt"]["steps"] == 5
    assert "Kendall" in learnt.stderr


def test_by_how_much_the_sound_of_a_film_is_early() -> None:
    av = pytest.importorskip("av", reason="the extra 'video' is not installed")
    random = np.random.default_rng(0)
    claps, sound = np.cumsum(random.uniform(0.4, 1.1, 9)), 0.01 * random.normal(size=64_000)
    frames = np.zeros((200, 32, 32, 3), dtype=np.uint8)
    for clap in claps[claps < 7]:
        frames[round(clap * 25) :] = 200 - frames[round(clap * 25) :]
        heard = round((clap + 0.2) * 8000)
        sound[heard : heard + 400] += random.normal(size=400)
    wavfile.write("heard.wav", 8000, (sound.clip(-3, 3) * 10_000).astype(np.int16))
    with av.open("film.mp4", "w") as container:
        seen = container.add_stream("mpeg4", rate=25)
        seen.height, seen.width, seen.pix_fmt = 32, 32, "yuv420p"
        for picture in frames:
            container.mux(seen.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(seen.encode())
    told = json.loads(run("film", "film.mp4", "heard.wav", "--plot", "lag.png", "--json").stdout)
    assert told["seconds"] == pytest.approx(-0.2, abs=0.04)
    assert "late" in told["notes"][0]
    assert "has no sound" in run("film", "film.mp4", code=1).stderr


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["resample", "pulse.csv"], 2, "--rate"),
        (["resample", "pulse.csv", "--rate", "0"], 1, "more than 0"),
        (["resample", "pulse.csv", "--rate", "1", "--method", "cubic"], 1, "unknown"),
        (["resample", "pulse.csv", "--rate", "1", "--column", "hrr"], 1, "Did you mean 'hr'"),
        (["windows", "ecg.csv", "--length", "1h"], 1, "no window"),
        (["windows", "ecg.csv", "./ecg.csv", "--length", "1s"], 1, "two recordings are called 'ecg'"),
        (["windows", "ecg.csv", "--length", "1s", "--out", "x.csv"], 1, "unknown ending"),
        (["warp", "pulse.csv", "ecg.csv"], 1, "bring it onto a grid first"),
        (["warp", "slow.csv", "fast.csv", "--steps", "3"], 1, "with --learn only"),
        (["warp", "slow.csv", "fast.csv", "--learn", "--standard"], 1, "leave --penalty and --standard out"),
        (["film", "nowhere.mp4"], 1, "no such file"),
    ],
)
def test_faults(arguments: list[str], code: int, says: str) -> None:
    assert says in " ".join(run(*arguments, code=code).stderr.split())
