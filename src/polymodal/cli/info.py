"""`polymodal info`: what is in a store, without reading its cells."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._console import answer, note


def info(
    store: options.StorePath,
    version: Annotated[
        int | None, typer.Option("--version", min=1, help="The store as it was; by default as it is.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with some of its rows, cells shown.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Say what a store holds: rows, presence patterns, sizes of its columns, versions, cells that could not be read.

    \b
    Example:
      polymodal info patients.lance
      polymodal info patients.lance --version 2 --html gallery.html
    """
    opened = pm.Store.open(store, version=version)
    report = opened.report()
    if html is not None:
        from polymodal.report.gallery import write_gallery

        note(f"The page: {write_gallery(opened, html).resolve().as_uri()}")
    answer(report, report.to_dict(), json)
