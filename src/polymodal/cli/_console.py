"""What the commands say: answers to stdout, as text or JSON; notes and progress to stderr."""

from __future__ import annotations

import json
from typing import Any

import typer

from polymodal.schema.jsonable import jsonable


def note(text: str) -> None:
    """A remark for the person at the terminal; never part of the answer."""
    typer.echo(text, err=True)


def answer(text: Any, data: Any, as_json: bool) -> None:
    """The result of a command: `data` as JSON when asked for, else `text` as it prints."""
    typer.echo(to_json(data) if as_json else str(text))


def to_json(data: Any) -> str:
    """Strict JSON: arrays as lists, tables as lists of rows, NaN, infinity, NA and NaT as null.

    >>> to_json({"share": float("nan"), 1: (True, None)})
    '{"share": null, "1": [true, null]}'
    """
    return json.dumps(jsonable(data), ensure_ascii=False, allow_nan=False)
