"""Every setting of a model is an option, made from the setting itself."""

import inspect
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import polymodal as pm
from polymodal.cli import app
from polymodal.portfolio.preset import PRESETS
from polymodal.training.schedules import SCHEDULES
from polymodal.training.settings import SETTINGS, singular

RUNNER = CliRunner()
OTHERS = {  # of each setting something else than the usual
    "fusion": "late", "width": 8, "dropout": 0.25, "preset": "best", "learners": ["network"], "folds": 1, "seed": 3,
    "epochs": 2, "batch_size": 16, "learning_rate": 0.01, "weight_decay": 0.5, "patience": 1, "precision": "32-true",
    "accelerator": "cpu", "patterns": "rates", "balance": "ogm", "pretrain": 1, "segments": 0.5,
    "curriculum": "difficulty", "objective": "align", "contrast": "infonce", "hub": "x", "same": "y",
    "rows_at_once": 8,
}  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> str:
    lines = [f"{row % 2 + row / 100},{'good' if row % 2 else 'bad'} number {row},{'ab'[row % 2]}" for row in range(40)]
    (tmp_path / "data.csv").write_text("\n".join(["x,note,y", *lines]))
    return str(tmp_path / "data.csv")


def test_settings_are_the_arguments_of_the_model() -> None:
    own = {name: one.default for name, one in inspect.signature(pm.Model).parameters.items() if name != "encoders"}
    assert own == {name: one.usual for name, one in SETTINGS.items()}
    assert list(own) == list(SETTINGS)
    assert not [name for name, one in SETTINGS.items() if one.fault(name, one.usual)]


def test_names_are_those_of_what_they_name() -> None:
    assert set(SETTINGS["preset"].known) == set(PRESETS)
    assert set(SETTINGS["patterns"].known) == set(SCHEDULES)


def test_every_setting_is_an_option_of_fit() -> None:
    options = {name for one in typer.main.get_command(app).commands["fit"].params for name in one.opts}
    called = [singular(name) if one.is_list else name for name, one in SETTINGS.items()]
    assert {f"--{name.replace('_', '-')}" for name in called} <= options


def test_what_is_typed_is_what_the_model_gets(data: str, tmp_path: Path) -> None:
    """A space is learnt, so that every setting may be given at once, but for two that bring others to nothing."""
    assert set(OTHERS) == set(SETTINGS)
    left_out = ("hub", "same")
    typed = []
    for name, value in OTHERS.items():
        for one in value if isinstance(value, list) else [value]:
            option = singular(name) if SETTINGS[name].is_list else name
            typed += [] if name in left_out else [f"--{option.replace('_', '-')}", str(one)]
    out = str(tmp_path / "m.pm")
    found = RUNNER.invoke(app, ["fit", data, "--target", "y", "--type", "note=text", "--out", out, *typed])
    assert found.exit_code == 0, found.output
    settings = pm.load(out).settings
    assert {name: settings[name] for name in OTHERS if name not in left_out} == {
        name: value for name, value in OTHERS.items() if name not in left_out
    }


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--dropout", "1"], "dropout is at least 0 and below 1; 1.0 came"),
        (["--folds", "five"], "folds is 'auto' or 1 to 20; 'five' came"),
        (["--folds", "0", "--width", "7"], "folds is 'auto' or 1 to 20; 0 came"),
        (["--learner", "tree"], "unknown learner 'tree'. Did you mean 'trees'?"),
    ],
)
def test_a_slip_is_told(data: str, tmp_path: Path, options: list[str], told: str) -> None:
    found = RUNNER.invoke(app, ["fit", data, "--target", "y", "--out", str(tmp_path / "m.pm"), *options])
    assert found.exit_code == 1
    assert told in found.stderr


def test_what_no_network_looks_at_is_told(data: str, tmp_path: Path) -> None:
    quick = ["--preset", "fast", "--balance", "ogm", "--out", str(tmp_path / "m.pm")]
    found = RUNNER.invoke(app, ["fit", data, "--target", "y", *quick])
    assert "note: --balance ogm changed nothing, since no network is trained; --preset good trains one" in found.stderr


def test_curves_and_comparisons_take_them_too(data: str) -> None:
    curve = ["learning-curve", data, "--target", "y", "--shots", "8", "--repeats", "1"]
    refused = RUNNER.invoke(app, [*curve, "--epochs", "1"])
    assert "--epochs 1 would change nothing; name who learns with it: --learner network" in refused.stderr
    quick = ["--epochs", "1", "--width", "8", "--folds", "1"]
    assert RUNNER.invoke(app, [*curve, "--learner", "late", *quick]).exit_code == 0
    compared = RUNNER.invoke(
        app, ["compare", data, "--target", "y", "--fusion", "late", "--preset", "fast", "--resamples", "0", *quick]
    )
    assert compared.exit_code == 0, compared.output
    assert "portfolio" in compared.stdout


def test_a_curve_is_about_one_target(data: str) -> None:
    found = RUNNER.invoke(app, ["learning-curve", data, "--target", "y", "--target", "x", "--shots", "8"])
    assert "a curve is about one target; name it with one --target: x, y" in found.stderr
