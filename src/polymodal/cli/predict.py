"""`polymodal predict`: answers for the rows of a table, or for one row typed in."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._console import note, to_json
from polymodal.errors import ArtifactError, SettingError, near_miss

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 20
SUFFIXES = (".csv", ".json", ".parquet")


def predict(
    model: options.ModelFile,
    data: Annotated[str | None, typer.Argument(metavar="[DATA]", help="A CSV or Parquet file.")] = None,
    row: Annotated[
        str | None, typer.Option("--row", metavar="JSON", help="One row in place of DATA; leave out what is absent.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write all answers: .csv, .parquet or .json.")
    ] = None,
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
    if out is not None and out.suffix not in SUFFIXES:  # before the work, not after it
        raise SettingError(f"--out {out}: unknown ending. {near_miss(out.suffix, SUFFIXES)}")
    asked = None if row is None else _parse_row(row)
    fitted = pm.load(model)
    predictions = fitted.predict(data if asked is None else asked, files=files)
    answers = predictions.to_pandas().reset_index()
    for difference in predictions.notes:
        note(f"Note: {difference}")
    for fault in predictions.faults[:SHOWN]:
        note(f"Unreadable, answered from the rest of the row: {fault}")
    if out is not None:
        _write(answers, out)
        note(f"Wrote {len(answers)} answers to {out}")
    if json:
        typer.echo(to_json(answers))
    elif out is None:
        typer.echo(answers.head(SHOWN).to_string(index=False))
        if len(answers) > SHOWN:
            note(f"... and {len(answers) - SHOWN} more rows; --out answers.csv writes them all")


def _parse_row(text: str) -> dict[str, Any]:
    try:
        row = jsonlib.loads(text)
    except jsonlib.JSONDecodeError as error:
        raise SettingError(f"--row is not JSON ({error}); write it as '{{\"age\": 71}}'") from error
    if not isinstance(row, dict):
        raise SettingError(f"--row must be one JSON object, such as '{{\"age\": 71}}'; this is {type(row).__name__}")
    return row


def _write(answers: pd.DataFrame, out: Path) -> None:
    try:
        if out.suffix == ".csv":
            answers.to_csv(out, index=False)
        elif out.suffix == ".parquet":
            answers.to_parquet(out, index=False)
        else:
            out.write_text(to_json(answers), encoding="utf-8")
    except OSError as error:
        raise ArtifactError(f"cannot write {out}: {error.strerror or error}") from error
