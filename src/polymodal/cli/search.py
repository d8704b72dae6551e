"""`polymodal search`: rows of a table by any part of a row, in the space of a model."""

from __future__ import annotations

from typing import Annotated, Any

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._answers import parse_row, refuse_ending, write
from polymodal.cli._console import answer, note
from polymodal.cli._table import read_for


def search(
    model: options.ModelFile,
    data: options.Data,
    row: Annotated[
        str | None, typer.Option("--row", metavar="JSON", help="What to look for: any part of a row, as JSON.")
    ] = None,
    queries: Annotated[
        str | None, typer.Option("--queries", metavar="FILE", help="Rows to look for, as a CSV or Parquet file.")
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Rows for each query.")] = 10,
    among: Annotated[
        list[str] | None,
        typer.Option("--among", metavar="NAME", help="Compare with this modality of the rows; repeat for several."),
    ] = None,
    where: Annotated[
        str | None, typer.Option("--where", metavar="CONDITION", help="Only rows of which this holds: 'price < 50'.")
    ] = None,
    files: options.Files = None,
    out: options.Answers = None,
    json: options.Json = False,
) -> None:
    """Find the rows of a table that go best with a sentence, a picture or any other part of a row.

    The model is one that was fitted with --objective align.

    \b
    Example:
      polymodal fit shop.csv --files photos/ --objective align --out space.pm
      polymodal search space.pm shop.csv --row '{"note": "red dress"}' -k 5 --where 'price < 50'
    """
    if (row is None) == (queries is None):
        raise typer.BadParameter("give either --row or --queries, one of the two")
    refuse_ending(out)
    asked: Any = queries if row is None else parse_row(row)
    fitted = pm.load(model)
    index = fitted.index(read_for(fitted, data, files))
    hits = index.search(asked, k=k, among=among, where=where, files=files)
    if out is not None:
        write(hits.to_pandas(), out)
        note(f"Wrote the rows found to {out}")
    answer(hits, hits.to_dict(), json)
