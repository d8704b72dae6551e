"""0 fine, 1 data or fit, 2 usage, 130 interrupted; never a stack trace for an error raised on purpose."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from polymodal.cli import app
from polymodal.registry import DEMOS

RUNNER = CliRunner()


def test_fine() -> None:
    assert RUNNER.invoke(app, ["demo", "--list"]).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check", "nowhere.csv"], "nowhere.csv"),
        (["predict", "nowhere.pm", "--row", "{}"], "nowhere.pm"),
        (["predict", "m.pm", "--row", "{'age'}"], "not JSON"),
        (["predict", "m.pm", "--row", "[1]"], "one JSON object"),
        (["predict", "m.pm", "x.csv", "--out", "answers.xlsx"], "'.csv'"),
        (["predict", "m.pm", "x.csv", "--out", "nowhere/a.csv"], "there is no folder nowhere"),
        (["demo", "miniacc", "--out", "taken/below"], "Not a directory"),
        (["fit", "t.csv", "--target", "y", "--out", "."], "is a folder; give the name of a file"),
        (["fit", "t.csv", "--target", "y", "--out", "taken/below/m.pm"], "Not a directory"),
        (["demo", "miniac"], "Did you mean 'miniacc'"),
    ],
)
def test_data_at_fault(arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("a file")
    (tmp_path / "t.csv").write_text("x,y\n" + "1,a\n2,b\n" * 10)
    run = RUNNER.invoke(app, arguments)
    assert run.exit_code == 1
    assert run.stdout == ""
    assert run.stderr.startswith("Error: ")
    assert says in run.stderr
    assert "Traceback" not in run.output


@pytest.mark.parametrize(
    "arguments",
    [["fitt"], ["fit"], ["fit", "x.csv", "--out", "m.pm"], ["check", "x.csv", "--targt", "y"], ["predict", "m.pm"]],
)
def test_not_understood(arguments: list[str]) -> None:
    assert RUNNER.invoke(app, arguments).exit_code == 2


def test_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(DEMOS, "get", interrupt)
    run = RUNNER.invoke(app, ["demo", "miniacc"])
    assert run.exit_code == 130
    assert run.stderr.strip() == "Interrupted."


def test_a_bug_keeps_its_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DEMOS, "get", lambda name: 1 / 0)
    assert isinstance(RUNNER.invoke(app, ["demo", "miniacc"]).exception, ZeroDivisionError)
