"""What commands of this room give back: what was found, in words, and aligned tables as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from polymodal.cli._console import answer, note, to_json
from polymodal.cli._wording import in_options
from polymodal.errors import ArtifactError

if TYPE_CHECKING:
    import pandas as pd


def judged(found: Any, as_json: bool, **more: Any) -> None:
    """The result of a command that says how far it is to be trusted, and what to try: in options, unless as JSON."""
    answer(in_options(found), found.to_dict() | more, as_json)


def write(frame: pd.DataFrame, out: Path) -> None:
    """As .csv, .parquet or .json; lists in a CSV file are JSON, as `many=True` reads them.

    Raises ArtifactError when it cannot be written.
    """
    try:
        if out.suffix == ".json":
            out.write_text(to_json(frame), encoding="utf-8")
        elif out.suffix == ".parquet":
            frame.to_parquet(out, index=False)
        else:
            listed = [name for name in frame.columns if frame[name].map(lambda cell: isinstance(cell, list)).any()]
            texts = {name: frame[name].map(_text) for name in listed}
            frame.assign(**texts).to_csv(out, index=False)
    except OSError as error:
        raise ArtifactError(f"cannot write {out}: {error.strerror or error}") from error
    note(f"Wrote {len(frame):,} rows to {out}")


def _text(cell: object) -> object:
    return to_json(cell) if isinstance(cell, list) else cell
