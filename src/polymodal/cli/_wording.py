"""Messages of the library in the words of the command line: `seed=3` is `--seed 3` where a command has that option."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperCommand

from polymodal.cli._console import note
from polymodal.errors import PolymodalError

_CALL = r"(?P<call>[A-Za-z_][\w.]*\((?:[^()]|\([^()]*\))*\))"
_QUOTED = r"(?P<quoted>(?<![\w=])'[^'\n]*'(?!\w))"
_VALUE = r"'[^'\n]*'|\{[^{}]*\}|\[[^\[\]]*\]|\([^()]*\)|-?\d+(?:\.\d+)?(?:e[-+]?\d+)?|-?[A-Za-z_]\w*|\.\.\."
_TOLD = re.compile(rf"""{_CALL}|{_QUOTED}|(?<![\w.,/"'-])(?P<name>[a-z]\w*)=(?P<value>{_VALUE})?""")


@dataclass(frozen=True)
class Option:
    """How an argument is given on the command line.

    Attributes:
        name: with its dashes.
        stands_for: what the help shows for its value; empty where it takes none.
        is_flag: whether it takes no value.
    """

    name: str
    stands_for: str = ""
    is_flag: bool = False


_of_running: ContextVar[Mapping[str, Option]] = ContextVar("options of the command that runs")


class Command(TyperCommand):
    """Turns errors raised on purpose into a message and an exit code; any other error is a bug and keeps its trace."""

    def invoke(self, ctx: Any) -> Any:
        before = _of_running.set(_options(self.params))
        try:
            return super().invoke(ctx)
        except PolymodalError as error:
            note(f"Error: {in_options(error)}")
            raise typer.Exit(1) from error
        finally:
            _of_running.reset(before)


def in_options(message: object, options: Mapping[str, Option] | None = None) -> str:
    """A message as it reads, with options for arguments; by default those of the command that runs.

    What the command has no option for stays, and so does what stands in quotes, such as names of columns.

    >>> there = {"seed": Option("--seed"), "type": Option("--type"), "mirrored": Option("--mirrored", is_flag=True)}
    >>> in_options("seed=-1 is below 0; or try mirrored=True and epochs=3", there)
    '--seed -1 is below 0; or try --mirrored and epochs=3'
    >>> in_options("Read it with pm.Table.read(..., types={'note': 'text'}), not with pm.Series(rate=5)", there)
    'Read it with --type note=text, not with pm.Series(rate=5)'
    """
    known = _of_running.get({}) if options is None else options

    def reworded(found: re.Match[str]) -> str:
        if found["quoted"]:
            return found[0]
        told = _call(found["call"], known) if found["call"] else _argument(found["name"], found["value"], known)
        return found[0] if told is None else told

    return _TOLD.sub(reworded, str(message))


def _call(text: str, known: Mapping[str, Option]) -> str | None:
    """What is settled by a call, where the command has an option for all of it; None elsewhere."""
    try:
        call = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    if not isinstance(call, ast.Call) or not call.keywords:
        return None
    told = [_argument(one.arg or "", ast.unparse(one.value), known) for one in call.keywords]
    return None if None in told else " ".join(map(str, told))


def _argument(name: str, value: str | None, known: Mapping[str, Option]) -> str | None:
    option = known.get(name) or known.get(name.removesuffix("s"))
    if option is None:
        return None
    if option.is_flag:
        return {None: option.name, "True": option.name, "False": f"no {option.name}"}.get(value)
    if value is None:
        return option.name
    return " ".join(f"{option.name} {one}".rstrip() for one in _values(value, option))


def _values(text: str, option: Option) -> Iterable[str]:
    """As they are typed: pairs as NAME=VALUE, several one by one, and what is only named as the help names it."""
    try:
        value = ast.parse(text, mode="eval").body
    except SyntaxError:
        return [text]
    if isinstance(value, ast.Dict):
        return [f"{_plain(key)}={_plain(one)}" for key, one in zip(value.keys, value.values, strict=True)]
    if isinstance(value, ast.List):
        return [_plain(one) for one in value.elts]
    is_only_named = isinstance(value, ast.Tuple) and all(isinstance(one, ast.Name) for one in value.elts)
    if is_only_named or (isinstance(value, ast.Constant) and value.value is ...):
        return [option.stands_for]
    return [_plain(value)]


def _plain(value: ast.expr | None) -> str:
    text = "" if value is None else ast.unparse(value)
    if isinstance(value, ast.Constant) and isinstance(value.value, str) and " " not in value.value:
        return value.value
    return text


def _options(parameters: Iterable[Any]) -> dict[str, Option]:
    """By the names of the arguments that they are handed on as."""
    found = {}
    for one in parameters:
        names = [name for name in one.opts if name.startswith("-")]
        if names:
            long = next((name for name in names if name.startswith("--")), names[0])
            is_flag = bool(getattr(one, "is_flag", False))
            found[one.name] = Option(long, "" if is_flag else one.metavar or "", is_flag)
    return found
