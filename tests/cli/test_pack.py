"""From a table and its files to a store, a look into it, and on to a model, by commands alone."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from polymodal.cli import app

RUNNER = CliRunner()


def run(*arguments: object, code: int = 0) -> Result:
    result = RUNNER.invoke(app, [str(one) for one in arguments])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory, write_patients: Callable[[Path], None]) -> Path:
    folder = tmp_path_factory.mktemp("pack")
    write_patients(folder)
    (folder / "data" / "2.png").write_bytes(b"")
    run(
        "pack", folder / "patients.csv", folder / "patients.lance", "--target", "outcome", "--id", "patient",
        "--group", "hospital", "--files", folder / "data", "--type", "ecg=series,rate=50", "--ignore", "sex",
    )  # fmt: skip
    return folder / "patients.lance"


def test_info_says_what_is_there(packed: Path) -> None:
    found = json.loads(run("info", packed, "--json").stdout)
    assert (found["rows"], found["is_complete"]) == (60, True)
    assert found["types"] == {"ecg": "series", "note": "text", "photo": "image", "tabular": "tabular"}
    assert sum(pattern["rows"] for pattern in found["patterns"]) == 60
    assert [(one["row"], one["column"], one["reason"]) for one in found["quarantine"]] == [
        (2, "photo", "the file is empty")
    ]
    assert "sex" not in found["sizes"]
    said = run("info", packed).stdout
    assert "60 rows" in said
    assert "2.png, the file is empty" in said


def test_a_gallery_shows_the_cells(packed: Path, tmp_path: Path) -> None:
    said = run(
        "info",
        packed,
        "--html",
        tmp_path / "gallery.html",
        "--version",
        json.loads(run("info", packed, "--json").stdout)["version"],
    )
    page = (tmp_path / "gallery.html").read_text(encoding="utf-8")
    assert (tmp_path / "gallery.html").as_uri() in said.stderr
    assert page.startswith("<!doctype html>")
    for shown in ('<img alt="" src="data:image/png', "<svg", '<q class="text">', "the file is empty", "P0"):
        assert shown in page
    assert run("info", packed, "--html", tmp_path, code=1).stderr.startswith("Error: cannot write")


def test_packed_again_it_is_the_same(packed: Path) -> None:
    folder = packed.parent
    again = (
        "pack", folder / "patients.csv", packed, "--target", "outcome", "--id", "patient", "--group", "hospital",
        "--files", folder / "data", "--type", "ecg=series,rate=50", "--ignore", "sex",
    )  # fmt: skip
    assert json.loads(run(*again, "--json").stdout)["rows"] == 60
    assert "with other seed" in run(*again, "--seed", 1, code=1).stderr


def test_a_store_is_data_to_the_other_commands(packed: Path, tmp_path: Path) -> None:
    model = tmp_path / "outcome.pm"
    run("fit", packed, "--preset", "fast", "--learner", "linear", "--folds", 1, "--out", model)
    assert len(json.loads(run("predict", model, packed, "--json").stdout)) == 60
    assert "outcome" in json.loads(run("evaluate", model, packed, "--json").stdout)["targets"]
    larger = run(
        "fit", packed, "--preset", "fast", "--learner", "linear", "--folds", 1, "--out", model, "--memory", "1KB"
    )
    assert "batch by batch" in larger.output
    held_out = run(
        "fit", packed, "--preset", "fast", "--learner", "linear", "--folds", 1, "--out", model, "--memory", "1KB",
        "--test", 0.3, "--json",
    )  # fmt: skip
    assert "batch by batch" in held_out.stderr
    assert 30 < json.loads(held_out.stdout)["rows"] < 60
    assert "outcome" in json.loads(held_out.stdout)["test"]["targets"]
    assert json.loads(run("check", packed, "--json").stdout)["rows"] == 60
    assert "Did you mean 'outcome'" in run("check", packed, "--target", "outcom", code=1).stderr
    assert "leave --id out" in run("check", packed, "--id", "patient", code=1).stderr


def test_too_many_broken_cells_are_an_exit_code(packed: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("photo,y\n" + "gone.png,1\n" * 3 + "more.png,0\n")
    made = run("pack", rows, tmp_path / "rows.lance", "--target", "y", "--longest-side", 32, code=1)
    assert "Unreadable (4)" in made.stdout
    assert "4 rows" in run("info", tmp_path / "rows.lance", "--html", tmp_path / "rows.html").stdout
    assert (tmp_path / "rows.html").exists()  # of rows that nothing names


def test_rows_more(tmp_path: Path) -> None:
    for name, start in (("first.csv", 0), ("second.csv", 6)):
        lines = [f"{row},{row / 2},{'AB'[row % 2]}" for row in range(start, start + 6)]
        (tmp_path / name).write_text("\n".join(["number,size,y", *lines]))
    place = tmp_path / "rows.lance"
    run("pack", tmp_path / "first.csv", place, "--target", "y", "--id", "number")
    assert json.loads(run("pack", tmp_path / "second.csv", place, "--append", "--json").stdout)["rows"] == 12
    assert "since version" in run("pack", tmp_path / "second.csv", place, "--append", code=1).stderr
    assert "leave --target, --seed out" in run(
        "pack", tmp_path / "second.csv", place, "--append", "--target", "y", "--seed", 3, code=1
    ).stderr  # fmt: skip


def test_a_store_without_targets_has_nothing_to_learn(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("x,z\n" + "1,2\n3,4\n" * 5)
    run("pack", rows, tmp_path / "rows.lance")
    assert "no target to learn" in run("fit", tmp_path / "rows.lance", "--out", tmp_path / "m.pm", code=1).stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["info", "nowhere.lance"], "no store at nowhere.lance"),
        (["info", "."], "is no store"),
        (["pack", "nowhere.csv", "x.lance"], "no such file"),
        (["pack", "t.csv", "t.csv"], "is there already and no store"),
        (["pack", "t.csv", "x.lance", "--near", "2"], "keeps them all"),
        (["pack", "t.csv", "x.lance", "--target", "z"], "no column 'z'"),
    ],
)
def test_at_fault(arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("x,y\n" + "1,a\n2,b\n" * 10)
    result = run(*arguments, code=1)
    assert result.stdout == ""
    assert says in result.stderr
    assert "Traceback" not in result.output
