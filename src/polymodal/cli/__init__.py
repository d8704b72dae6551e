"""The command line. One file a command, named like it; a file that starts with an underscore is no command.

A folder is a command of commands.

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
from polymodal.errors import PolymodalError

INTERRUPTED = 130


class _Commands(TyperGroup):
    """Turns errors raised on purpose into a message and an exit code; any other error is a bug and keeps its trace."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except PolymodalError as error:
            note(f"Error: {error}")
            raise typer.Exit(1) from error
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


def _commands() -> list[str]:
    """As typed: a file's name with dashes, after that of its folder."""
    found = []
    for module in pkgutil.iter_modules(__path__):
        inside = [f"{__path__[0]}/{module.name}"] if module.ispkg else []
        files = [f"{module.name} {one.name}" for one in pkgutil.iter_modules(inside)] if inside else [module.name]
        found += [name.replace("_", "-") for name in files if "_" not in (name[0], name.partition(" ")[2][:1])]
    return sorted(found)


def _room(name: str) -> typer.Typer:
    """A command of commands."""
    room = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(room, name=name.replace("_", "-"), help=importlib.import_module(f"{__name__}.{name}").__doc__)
    return room


_rooms: dict[str, typer.Typer] = {}
for _name in _commands():
    _home, _, _own = _name.replace("-", "_").rpartition(" ")
    if _home and _home not in _rooms:
        _rooms[_home] = _room(_home)
    _module = importlib.import_module(".".join(filter(None, (__name__, _home, _own))))
    (_rooms[_home] if _home else app).command(_name.rpartition(" ")[2])(getattr(_module, _own))


def main() -> None:
    """Entry point of the `polymodal` command."""
    app(prog_name="polymodal")
