"""`polymodal embed`: the vectors of a pretrained encoder as columns of a store."""

from __future__ import annotations

from typing import Annotated

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._console import answer
from polymodal.errors import SettingError
from polymodal.registry import EMBEDDERS


def embed(
    store: options.StorePath,
    encoder: Annotated[
        str, typer.Option("--with", metavar="NAME", help="Hub name or folder of a pretrained encoder, as in fit.")
    ],
    column: Annotated[
        str | None,
        typer.Option("--column", metavar="COLUMN", help="What to embed; needed if several columns could be."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Embed a column of a store once, and keep the vectors in it: every fit with that encoder finds them.

    Cut off, even by a kill, the same command goes on. Run again, it embeds only what has changed.

    \b
    Example:
      polymodal embed patients.lance --with sentence-transformers/all-MiniLM-L6-v2 --column note
    """
    opened = pm.Store.open(store)
    if column is None:
        kinds = EMBEDDERS.names()
        found = [name for name, one in opened.schema.modalities.items() if one.item.kind in kinds]
        if len(found) != 1:
            raise SettingError(
                f"--column says which column to embed; {', '.join(found)} could be"
                if found
                else f"the store has no column that a pretrained encoder reads, which are of {', '.join(kinds)}"
            )
        column = found[0]
    report = opened.embed({column: encoder}, progress=True).report()
    (kept,) = [one for one in report.embedded if (one["of"], one["encoder"]) == (column, encoder)][-1:]
    answer(f"{column} by {encoder}: {kept['width']} numbers, {kept['rows']:,} of {report.rows:,} rows", kept, json)
