"""Every command shows a whole example, and the example uses options that exist."""

import re
import shlex
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from polymodal.cli import _commands, app

RUNNER = CliRunner()
ANSWERING = sorted(_commands())


def test_the_commands_are_there() -> None:
    assert {"check", "fit", "predict", "evaluate", "explain", "report", "demo"} <= set(_commands())


@pytest.mark.parametrize("command", _commands())
def test_help_shows_an_example_of_real_options(command: str) -> None:
    shown = RUNNER.invoke(app, [*command.split(), "--help"])
    assert shown.exit_code == 0
    examples = re.findall(rf"^ +polymodal ({command} .*?)$", shown.output.replace("\\\n", " "), re.MULTILINE)
    assert examples, shown.output
    group = typer.main.get_command(app)
    for example in examples:
        found, arguments = group, shlex.split(example)
        while hasattr(found, "commands"):
            found = found.commands[arguments.pop(0)]
        found.make_context(command, arguments)  # raises a usage error for an option that is not there


@pytest.mark.parametrize("command", _commands())
def test_every_command_answers_in_json(command: str) -> None:
    assert "--json" in RUNNER.invoke(app, [*command.split(), "--help"]).output


def test_help_is_light() -> None:
    code = (
        "import sys; from polymodal.cli import app\n"
        "try: app(['fit', '--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('torch', 'pandas', 'matplotlib') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip().endswith("[]")


def test_version() -> None:
    assert re.match(r"polymodal \d", RUNNER.invoke(app, ["--version"]).output)
