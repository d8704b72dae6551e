"""Answers for rows: on the terminal, as JSON, or into a file."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from polymodal.cli._console import note, to_json
from polymodal.errors import ArtifactError, SettingError, near_miss

if TYPE_CHECKING:
    import pandas as pd

    from polymodal.predictions import Predictions

SHOWN = 20
SUFFIXES = (".csv", ".json", ".parquet")


def refuse_ending(out: Path | None) -> None:
    """Raises SettingError for a format that is not known, ArtifactError where no file can be: before the work."""
    if out is None:
        return
    if out.suffix not in SUFFIXES:
        raise SettingError(f"--out {out}: unknown ending. {near_miss(out.suffix, SUFFIXES)}")
    if out.is_dir():
        raise ArtifactError(f"--out {out} is a folder; give the name of a file")
    if not out.parent.is_dir():
        raise ArtifactError(f"--out {out}: there is no folder {out.parent}; make it first")


def tell(predictions: Predictions, out: Path | None, as_json: bool) -> None:
    """Show the answers, or write them where they were asked for. Raises ArtifactError when that cannot be."""
    answers = predictions.to_pandas().reset_index()
    for difference in predictions.notes:
        note(f"Note: {difference}")
    for fault in predictions.faults[:SHOWN]:
        note(f"Unreadable, answered from the rest of the row: {fault}")
    if len(predictions.faults) > SHOWN:
        note(f"... and {len(predictions.faults) - SHOWN} more cells; each stands in its row of the answers")
    if out is not None:
        write(answers, out)
        note(f"Wrote {len(answers)} answers to {out}")
    if as_json:
        typer.echo(to_json(answers))
    elif out is None:
        typer.echo(answers.head(SHOWN).to_string(index=False) if len(answers) else "No rows.")
        if len(answers) > SHOWN:
            note(f"... and {len(answers) - SHOWN} more rows; --out answers.csv writes them all")


def write(answers: pd.DataFrame, out: Path) -> None:
    """Into a file, by its ending. Raises ArtifactError when that cannot be."""
    try:
        if out.suffix == ".csv":
            answers.to_csv(out, index=False)
        elif out.suffix == ".parquet":
            answers.to_parquet(out, index=False)
        else:
            out.write_text(to_json(answers), encoding="utf-8")
    except OSError as error:
        raise ArtifactError(f"cannot write {out}: {error.strerror or error}") from error


def parse_row(text: str) -> dict[str, Any]:
    """A row typed in as JSON. Raises SettingError when it is none."""
    try:
        row = jsonlib.loads(text)
    except jsonlib.JSONDecodeError as error:
        raise SettingError(f"--row is not JSON ({error}); write it as '{{\"age\": 71}}'") from error
    if not isinstance(row, dict):
        raise SettingError(f"--row must be one JSON object, such as '{{\"age\": 71}}'; this is {type(row).__name__}")
    return row
