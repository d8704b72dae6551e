"""`polymodal align resample`: a recording on an even grid of time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._answers import refuse_ending
from polymodal.cli._console import answer
from polymodal.cli._plot import refuse_ending as refuse_picture
from polymodal.cli._plot import save
from polymodal.cli.align import _reading as reading
from polymodal.cli.align._output import write


def resample(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A table with times, or a sound.")],
    rate: Annotated[float, typer.Option("--rate", metavar="HZ", help="Samples a second.")],
    method: Annotated[
        str, typer.Option("--method", help="linear, nearest, previous (which never looks ahead), or mean.")
    ] = "linear",
    max_gap: Annotated[
        str | None,
        typer.Option("--max-gap", metavar="TIME", help="Fill in nothing where samples are further apart, such as 2s."),
    ] = None,
    start: Annotated[float | None, typer.Option("--start", metavar="S", help="Where the grid begins.")] = None,
    end: Annotated[float | None, typer.Option("--end", metavar="S", help="Where it ends.")] = None,
    time: reading.Time = "time",
    column: reading.Columns = None,
    unit: reading.Unit = "s",
    zone: reading.Zone = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write the grid: .csv, .parquet or .json.")
    ] = None,
    plot: options.Plot = None,
    json: options.Json = False,
) -> None:
    """Bring a recording onto an even grid of time; what lies in a gap stays absent.

    \b
    Example:
      polymodal align resample pulse.csv --column hr --rate 4 --max-gap 5s --plot pulse.png --out pulse_4hz.csv
    """
    refuse_ending(out)
    refuse_picture(plot)
    way: Any = method
    found = pm.align.clock.resample(
        reading.stream(source, time, column, unit, zone), rate, method=way, start=start, end=end, max_gap=max_gap
    )
    answer(found, found.to_dict(), json)
    save(found, plot)
    if out is not None:
        write(found.to_pandas(), out)
