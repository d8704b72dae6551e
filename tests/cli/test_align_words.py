"""Words and subtitles on the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile
from typer.testing import CliRunner

from polymodal.cli import app

RUNNER = CliRunner()
RATE = 8000


@pytest.fixture
def talk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three beeps as long as their lines: from 0.5, 1.5 and 3.0 seconds on."""
    monkeypatch.chdir(tmp_path)
    sound = np.zeros(5 * RATE)
    for start, length in ((0.5, 0.5), (1.5, 1.0), (3.0, 0.5)):
        some = slice(int(start * RATE), int((start + length) * RATE))
        sound[some] = np.sin(np.arange(int(length * RATE)) * 0.7)
    wavfile.write("talk.wav", RATE, (20_000 * sound).astype(np.int16))
    Path("talk.txt").write_text("hello\nthere my dear\n\nworld\n")
    Path("late.srt").write_text(
        "1\n00:00:01,200 --> 00:00:01,700\nhello\n\n2\n00:00:02,200 --> 00:00:03,200\nthere my dear\n\n"
        "3\n00:00:03,700 --> 00:00:04,200\nworld\n"
    )
    return tmp_path


def run(*arguments: str):
    return RUNNER.invoke(app, ["align", "words", *arguments])


def test_lines_become_subtitles(talk: Path) -> None:
    found = run("talk.wav", "talk.txt", "--out", "talk.srt", "--plot", "talk.png", "--json")
    assert found.exit_code == 0, found.stderr
    starts = [one["start"] for one in json.loads(found.stdout)["segments"]]
    assert starts == pytest.approx([0.5, 1.5, 3.0], abs=0.03)
    assert Path("talk.srt").read_text().startswith("1\n00:00:00,")
    assert run("talk.wav", "talk.txt", "--words", "--out", "talk.csv").exit_code == 0
    assert len(Path("talk.csv").read_text().splitlines()) == 6


def test_late_subtitles_are_put_right(talk: Path) -> None:
    found = run("talk.wav", "late.srt", "--max-offset", "2s", "--out", "right.vtt")
    assert found.exit_code == 0, found.stderr
    assert "Add -700" in found.stderr or "Add -70" in found.stderr
    assert "00:00:00.5" in Path("right.vtt").read_text() or "00:00:00.4" in Path("right.vtt").read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["talk.wav", "nowhere.txt"], "cannot be read as text"),
        (["nowhere.wav", "talk.txt"], "no such file"),
        (["talk.wav", "talk.txt", "--out", "x.doc"], "unknown ending"),
        (["talk.wav", "late.srt", "--words"], "moved as they are"),
        (["talk.wav", "talk.txt", "--max-offset", "1s"], "subtitles (.srt, .vtt) only"),
    ],
)
def test_faults(talk: Path, arguments: list[str], says: str) -> None:
    found = run(*arguments)
    assert found.exit_code == 1
    assert says in found.stderr
