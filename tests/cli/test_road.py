"""From a table on disk to answers, scores, explanation and page, by commands alone."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from polymodal.cli import app

RUNNER = CliRunner()
Write = Callable[[Path], None]


def run(*arguments: object) -> Result:
    result = RUNNER.invoke(app, [str(one) for one in arguments])
    assert result.exit_code == 0, result.stderr
    return result


def answer(*arguments: object) -> dict:
    """The JSON of a command; that it parses says that nothing else was printed on stdout."""
    return json.loads(run(*arguments, "--json").stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, write_patients: Write) -> Path:
    folder = tmp_path_factory.mktemp("road")
    write_patients(folder)
    fitted = answer(
        "fit", folder / "patients.csv", "--target", "outcome", "--id", "patient", "--group", "hospital",
        "--files", folder / "data", "--type", "ecg=series,rate=50", "--fusion", "late", "--width", 16,
        "--budget", "4s", "--test", 0.25, "--out", folder / "outcome.pm",
    )  # fmt: skip
    assert fitted["rows"] == 45
    assert "outcome" in fitted["test"]["targets"]
    return folder


def test_check_says_what_is_there(folder: Path) -> None:
    found = answer("check", folder / "patients.csv", "--target", "outcome", "--files", folder / "data")
    assert found["rows"] == 60
    assert found["types"]["photo"]["kind"] == "image"
    assert found["unreadable"] == []


def test_check_refuses_broken_cells_above_the_limit(tmp_path: Path, write_patients: Write) -> None:
    write_patients(tmp_path)
    broken = tmp_path / "data" / "2.png"
    broken.write_bytes(b"not a picture")
    arguments = ["check", str(tmp_path / "patients.csv"), "--files", str(tmp_path / "data")]
    strict = RUNNER.invoke(app, [*arguments, "--max-unreadable", "0.01"])
    assert strict.exit_code == 1
    assert "row 2, column 'photo'" in strict.stdout
    assert RUNNER.invoke(app, arguments).exit_code == 0  # one of forty is under the limit


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".json"])
def test_predict_writes_every_row(folder: Path, suffix: str) -> None:
    out = folder / f"answers{suffix}"
    model, data = folder / "outcome.pm", folder / "patients.csv"
    run("predict", model, data, "--files", folder / "data", "--out", out)
    read = {".csv": pd.read_csv, ".parquet": pd.read_parquet, ".json": pd.read_json}[suffix]
    assert len(read(out)) == 60


def test_predict_answers_one_row(folder: Path) -> None:
    [row] = answer("predict", folder / "outcome.pm", "--row", '{"note": "sharp chest pain", "age": 71}')
    assert set(map(str, row.values())) & {"ill", "well"}


def test_predict_refuses_what_it_does_not_know(folder: Path) -> None:
    result = RUNNER.invoke(app, ["predict", str(folder / "outcome.pm"), "--row", '{"agee": 71}'])
    assert result.exit_code == 1
    assert "Did you mean 'age'" in result.stderr


def test_predict_says_how_a_table_differs(folder: Path) -> None:
    other = folder / "other.csv"
    pd.DataFrame({"age": [71.0, 50.0], "pulse": [60, 70]}).to_csv(other, index=False)
    result = run("predict", folder / "outcome.pm", other)
    assert "'pulse' was not there when the model was fitted" in result.stderr
    assert "column 'note' (modality 'note') is not there" in result.stderr


def test_predict_names_the_broken_cell(folder: Path) -> None:
    result = run("predict", folder / "outcome.pm", "--row", '{"age": 71, "photo": "nowhere.png"}')
    assert "column 'photo'" in result.stderr
    assert "nowhere.png" in result.stderr


def test_predict_takes_a_row_of_nothing(folder: Path) -> None:
    [row] = answer("predict", folder / "outcome.pm", "--row", "{}")
    assert row


@pytest.mark.parametrize("command", ["evaluate", "explain"])
def test_results_print_and_plot(folder: Path, command: str) -> None:
    model, data, picture = folder / "outcome.pm", folder / "patients.csv", folder / f"{command}.png"
    assert "outcome" in run(command, model, data, "--files", folder / "data", "--plot", picture).stdout
    assert picture.stat().st_size > 1000
    assert "outcome" in answer(command, model, data, "--files", folder / "data")["targets"]


def test_evaluate_by_another_metric(folder: Path) -> None:
    model, data = folder / "outcome.pm", folder / "patients.csv"
    arguments = ("evaluate", model, data, "--files", folder / "data", "--metric", "accuracy")
    assert answer(*arguments)["targets"]["outcome"]["metric"] == "accuracy"


def test_plot_of_an_unknown_kind_is_refused(folder: Path) -> None:
    arguments = ["evaluate", folder / "outcome.pm", folder / "patients.csv", "--plot", folder / "scores.docx"]
    result = RUNNER.invoke(app, [str(one) for one in arguments])
    assert result.exit_code == 1
    assert ".png" in result.stderr
    assert result.stdout == ""  # refused before the work, not after it


def test_report_is_a_page(folder: Path) -> None:
    page = folder / "report.html"
    model, data = folder / "outcome.pm", folder / "patients.csv"
    assert answer("report", model, data, "--files", folder / "data", "--out", page)["page"] == str(page)
    assert page.read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")


def test_survival_is_learnt_from_two_columns(tmp_path: Path, write_patients: Write) -> None:
    write_patients(tmp_path)
    out = tmp_path / "survival.pm"
    fitted = run(
        "fit", tmp_path / "survival.csv", "--target", "survival:days:dead", "--files", tmp_path / "data",
        "--ignore", "photo", "--ignore", "ecg", "--fusion", "late", "--width", 16, "--budget", "2s", "--out", out,
    )  # fmt: skip
    assert "Fitted on 60 rows" in fitted.stdout
    assert out.is_file()


def test_a_demo_walks_the_whole_road(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = run("demo", "miniacc", "--budget", "3s", "--fusion", "late", "--out", "here")
    page = tmp_path / "here" / "miniacc.html"
    assert page.as_uri() in found.stdout
    assert page.is_file()
    assert "Artistic-2.0" in found.stdout
    for step in ("1. What is in the table", "2. Learning", "3. How good", "4. Which modality"):
        assert step in found.stdout


def test_demos_are_named() -> None:
    assert set(answer("demo", "--list")) == {"emoji", "miniacc"}
