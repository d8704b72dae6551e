"""`polymodal predict`: answers for the rows of a table, or for one row typed in."""

from __future__ import annotations

from typing import Annotated

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._answers import parse_row, refuse_ending, tell


def predict(
    model: options.ModelFile,
    data: Annotated[
        str | None, typer.Argument(metavar="DATA", help="A CSV or Parquet file, a folder with one, or a store.")
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
    asked = None if row is None else parse_row(row)
    fitted = pm.load(model)
    predictions = fitted.predict(data if asked is None else asked, files=files)
    tell(predictions, out, json)
