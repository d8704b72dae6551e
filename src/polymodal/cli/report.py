"""`polymodal report`: one self-contained page to look at and hand on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._console import answer
from polymodal.cli._table import read_for


def report(
    model: options.ModelFile,
    data: options.Data,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The page to write.")] = Path("report.html"),
    files: options.Files = None,
    json: options.Json = False,
) -> None:
    """Write one self-contained page: scores, patterns, who told the model, and example rows with their cells.

    \b
    Example:
      polymodal report outcome.pm test.csv --files data/ --out report.html
    """
    fitted = pm.load(model)
    fitted.report(out, read_for(fitted, data, files))
    page = out.resolve()
    answer(f"The page: {page.as_uri()}", {"page": page}, json)
