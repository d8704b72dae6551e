"""Messages of the library, in options of the command that runs."""

import pytest
from typer.testing import CliRunner

from polymodal.cli import app
from polymodal.cli._wording import Option, in_options

THERE = {
    "seed": Option("--seed"),
    "size": Option("--size", "WIDTHxHEIGHT"),
    "target": Option("--target", "SPEC"),
    "ignore": Option("--ignore", "COLUMN"),
    "model": Option("--model"),
    "encoder": Option("--encoder", "NAME=ENCODER"),
    "moving_resolution": Option("--moving-resolution", "MICROMETRES"),
    "mirrored": Option("--mirrored", is_flag=True),
}


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("Give moving_resolution=, in micrometres", "Give --moving-resolution, in micrometres"),
        ("moving_resolution=-1.5: a number", "--moving-resolution -1.5: a number"),
        ("moving_resolution=nan.", "--moving-resolution nan."),
        ("model='rigd' is unknown", "--model rigd is unknown"),
        ("model='two words'", "--model 'two words'"),
        ("(without mirrored=True) or mirrored=False", "(without --mirrored) or no --mirrored"),
        ("Give size=(width, height), not size=(3, 0)", "Give --size WIDTHxHEIGHT, not --size (3, 0)"),
        ("name it: pm.Table.read(data, target=...)", "name it: --target SPEC"),
        ("or Model(seed=1, model='a')", "or --seed 1 --model a"),
        ("leave out with ignore=['a', 'b c']", "leave out with --ignore a --ignore 'b c'"),
        ("give encoders={'note': 'text'}", "give --encoder note=text"),
    ],
)
def test_arguments_become_options(message: str, told: str) -> None:
    assert in_options(message, THERE) == told


@pytest.mark.parametrize(
    "message",
    [
        "epochs=3 is an argument of another command",
        "Model(seed=1, epochs=3) has more than options",
        "pm.Series(rate=500) names none, and Image() nothing",
        "column 'seed=3' and column 'a seed=3' are there",
        "--type note=text,seed=3 is no kind; see runs/seed=3/a.csv",
        "mirrored='no' is no flag",
        "Model(seed=) is no Python",
        "nothing at all",
    ],
)
def test_all_else_stays(message: str) -> None:
    assert in_options(message, THERE) == message


def test_outside_of_a_command_nothing_is_an_option() -> None:
    assert in_options("seed=3") == "seed=3"


def test_commands_tell_errors_and_advice_in_options(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    corners = "x,y\n0,0\n9,0\n9,5\n3,7\n"
    (tmp_path / "a.csv").write_text(corners)
    (tmp_path / "b.csv").write_text("x,y\n0,0\n-9,0\n-9,5\n-3,7\n")
    command = ["align", "space", "landmarks", "a.csv", "b.csv"]
    wrong = CliRunner().invoke(app, [*command, "--tolerance", "2"])
    assert wrong.exit_code == 1
    assert "--tolerance has a meaning with --robust" in wrong.stderr
    found = CliRunner().invoke(app, command)
    assert found.exit_code == 0
    assert "--mirrored fits it so" in found.stdout
    assert "mirrored=True fits it so" in CliRunner().invoke(app, [*command, "--json"]).stdout
