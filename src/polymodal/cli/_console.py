"""What the commands say: answers to stdout, as text or JSON; notes and progress to stderr."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import typer


def note(text: str) -> None:
    """A remark for the person at the terminal; never part of the answer."""
    typer.echo(text, err=True)


def answer(text: Any, data: Any, as_json: bool) -> None:
    """The result of a command: `data` as JSON when asked for, else `text` as it prints."""
    typer.echo(to_json(data) if as_json else str(text))


def to_json(data: Any) -> str:
    """Strict JSON: arrays as lists, tables as lists of rows, NaN and infinity as null.

    >>> to_json({"share": float("nan"), 1: (True, None)})
    '{"share": null, "1": [true, null]}'
    """
    return json.dumps(_plain(data), ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if hasattr(value, "to_dict") and hasattr(value, "columns"):  # a table, known without importing pandas
        return [_plain(row) for row in value.to_dict("records")]
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(one) for one in value]
    if hasattr(value, "tolist"):  # numpy arrays and scalars
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return str(value)
