"""`polymodal align windows`: recordings of one clock cut into rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._console import answer
from polymodal.cli._plot import refuse_ending as refuse_picture
from polymodal.cli._plot import save
from polymodal.cli.align import _reading as reading
from polymodal.cli.align._output import write
from polymodal.errors import SettingError, near_miss

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from polymodal.align.clock import Windows

_ENDINGS = (".parquet", ".json")


def windows(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", help="Tables with times, or sounds.")],
    length: Annotated[str, typer.Option("--length", metavar="TIME", help="Of a window, such as 10s.")],
    step: Annotated[
        str | None, typer.Option("--step", metavar="TIME", help="From one window to the next; its length by default.")
    ] = None,
    start: Annotated[float | None, typer.Option("--start", metavar="S", help="Where the first begins.")] = None,
    end: Annotated[float | None, typer.Option("--end", metavar="S", help="Where the last ends at the latest.")] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Where any was recorded, not only where all were.")
    ] = False,
    time: reading.Time = "time",
    column: reading.Columns = None,
    unit: reading.Unit = "s",
    zone: reading.Zone = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="Write a row a window, a column a recording: .parquet, .json."
        ),
    ] = None,
    plot: options.Plot = None,
    json: options.Json = False,
) -> None:
    """Cut recordings of one clock into windows: a row each, with a series of every recording, at its own rate.

    \b
    Example:
      polymodal align windows ecg.csv pulse.csv --length 10s --step 5s --out windows.parquet --plot windows.png
    """
    if out is not None and out.suffix not in _ENDINGS:
        raise SettingError(f"--out {out}: unknown ending. {near_miss(out.suffix, _ENDINGS)}")
    refuse_picture(plot)
    names = [Path(source).stem for source in sources]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise SettingError(f"two recordings are called {twice[0]!r}, and a column is called like its file; rename one")
    streams = {
        name: reading.stream(source, time, column, unit, zone) for name, source in zip(names, sources, strict=True)
    }
    found = pm.align.clock.windows(streams, length, step=step, start=start, end=end, partial=partial)
    answer(found, found.to_dict(), json)
    save(found, plot)
    if out is not None:
        write(_table(found), out)


def _table(found: Windows) -> pd.DataFrame:
    """Cells as lists, and as dicts of lists where a recording has times of its own: both are read as series again."""
    frame = found.to_pandas()
    for name, one in found.streams.items():
        frame[name] = [_cell(found.cell(name, window), one.channels) for window in range(len(found))]
    return frame


def _cell(cell: Any, channels: Sequence[str]) -> Any:
    if cell is None:
        return None
    if isinstance(cell, tuple):
        times, values = cell
        return {"time": times.tolist()} | {name: _listed(part) for name, part in zip(channels, values.T, strict=True)}
    return [_listed(row) for row in cell]


def _listed(values: np.ndarray) -> list[float | None]:
    return [None if value != value else value for value in values.tolist()]
