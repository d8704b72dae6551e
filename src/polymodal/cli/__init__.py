"""The command line. One file a command, named like it; a file that starts with an underscore is no command.

A folder is a command of commands, and may hold another.

Exit codes: 0 fine, 1 the data, a setting or the fit is at fault (the message says what to do), 2 the command was not
understood, 130 interrupted. Answers go to stdout; progress and notes go to stderr.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from polymodal import __version__
from polymodal.cli._console import note
from polymodal.cli._wording import Command

INTERRUPTED = 130


class _Commands(TyperGroup):
    """Ends quietly where it is interrupted."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            note("Interrupted.")
            raise typer.Exit(INTERRUPTED) from error


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    help="Learn from tables whose cells are pictures, text, series, panels and numbers, many of them missing.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"polymodal {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options that belong to no command."""


def _commands(folder: str = __path__[0], home: str = "") -> list[str]:
    """As typed: a file's name with dashes, after those of its folders."""
    found = []
    for module in pkgutil.iter_modules([folder]):
        name = f"{home} {module.name.replace('_', '-')}".lstrip()
        if module.ispkg:
            found += _commands(f"{folder}/{module.name}", name)
        elif module.name[0] != "_":
            found.append(name)
    return sorted(found)


_rooms = {"": app}


def _room(name: str) -> typer.Typer:
    """A command of commands, made when it is first asked for."""
    if name not in _rooms:
        home, _, own = name.rpartition(" ")
        told = importlib.import_module(".".join((__name__, *name.replace("-", "_").split()))).__doc__
        _rooms[name] = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
        _room(home).add_typer(_rooms[name], name=own, help=told)
    return _rooms[name]


for _name in _commands():
    _home, _, _own = _name.rpartition(" ")
    _module = importlib.import_module(".".join((__name__, *_name.replace("-", "_").split())))
    _room(_home).command(_own, cls=Command)(getattr(_module, _own.replace("-", "_")))


def main() -> None:
    """Entry point of the `polymodal` command."""
    app(prog_name="polymodal")
