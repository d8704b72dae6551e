"""Options made from the settings of a model, so that none is missing and none is written down twice."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, Literal

import typer

from polymodal.training.settings import SETTINGS, Setting, singular


def with_settings(*without: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for every setting of a model but those named; its `**settings` are what is typed.

    A setting that may be a number or a word is text until here, and a list is an option that may be repeated.
    """
    offered = {name: one for name, one in SETTINGS.items() if name not in without}

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        own = [one for one in signature.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
        made = [_option(name, one) for name, one in offered.items()]

        @functools.wraps(command)
        def run(**given: Any) -> None:
            typed = {name: _meant(one, given.pop(_called(name, one))) for name, one in offered.items()}
            command(**given, **typed)

        together = [*own, *made]
        run.__signature__ = signature.replace(parameters=together)  # type: ignore[attr-defined]  # typer reads it
        run.__annotations__ = {one.name: one.annotation for one in together}
        return run

    return decorate


def _called(name: str, setting: Setting) -> str:
    return singular(name) if setting.is_list else name


def _option(name: str, setting: Setting) -> inspect.Parameter:
    called = _called(name, setting)
    kind: Any = str if setting.word else setting.kind
    about = setting.about
    if isinstance(setting.names, tuple) and setting.names:
        kind = Literal[setting.names]
    elif setting.names:
        about = f"{about[:-1]}: {', '.join(setting.known)}."
    elif setting.allowed:
        about = f"{about[:-1]} ({setting.allowed})."
    if setting.is_list:
        kind, about = list[kind], f"{about} May be repeated."
    if setting.usual is None:
        kind = kind | None
    shown = setting.stands_for if kind in (str, str | None) or setting.is_list else None
    told = typer.Option(f"--{called.replace('_', '-')}", metavar=shown, help=about)
    return inspect.Parameter(
        called, inspect.Parameter.KEYWORD_ONLY, default=setting.usual, annotation=Annotated[kind, told]
    )


def _meant(setting: Setting, typed: Any) -> Any:
    """Digits as a number where a word may stand instead; no list where nothing was named."""
    if setting.is_list:
        return typed or None
    return int(typed) if setting.word and typed.lstrip("-").isdigit() else typed
