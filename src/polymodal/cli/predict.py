"""`polymodal predict`: answers for the rows of a table, or for one row typed in."""

from __future__ import annotations

import json as jsonlib
from typing import Annotated, Any

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._answers import refuse_ending, tell
from polymodal.errors import SettingError


def predict(
    model: options.ModelFile,
    data: Annotated[
        str | None, typer.Argument(metavar="[DATA]", help="A CSV or Parquet file, a folder with one, or a store.")
    ] = None,
    row: Annotated[
        str | None, typer.Option("--row", metavar="JSON", help="One row in place of DATA; leave out what is absent.")
    ] = None,
    out: options.Answers = None,
    files: options.Files = None,
    json: options.Json = False,
) -> None:
    """Answer each row from whatever part of it is there.

    \b
    Example:
      polymodal predict outcome.pm new.csv --files data/ --out answers.csv
    One row:
      polymodal predict outcome.pm --row '{"note": "chest pain", "age": 71}'
    """
    if (data is None) == (row is None):
        raise typer.BadParameter("give either DATA or --row, one of the two")
    refuse_ending(out)
    asked = None if row is None else _parse_row(row)
    fitted = pm.load(model)
    predictions = fitted.predict(data if asked is None else asked, files=files)
    tell(predictions, out, json)


def _parse_row(text: str) -> dict[str, Any]:
    try:
        row = jsonlib.loads(text)
    except jsonlib.JSONDecodeError as error:
        raise SettingError(f"--row is not JSON ({error}); write it as '{{\"age\": 71}}'") from error
    if not isinstance(row, dict):
        raise SettingError(f"--row must be one JSON object, such as '{{\"age\": 71}}'; this is {type(row).__name__}")
    return row
