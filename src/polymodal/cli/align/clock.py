"""`polymodal align clock`: offset and drift between the clocks of two recordings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._answers import refuse_ending
from polymodal.cli._plot import refuse_ending as refuse_picture
from polymodal.cli._plot import save
from polymodal.cli.align import _reading as reading
from polymodal.cli.align._output import judged, write
from polymodal.errors import SettingError

if TYPE_CHECKING:
    from polymodal.align.clock import Stream


def clock(
    first: Annotated[
        str,
        typer.Argument(metavar="FIRST", help="By whose clock all shall be: a table with times, or a sound."),
    ],
    second: Annotated[str, typer.Argument(metavar="SECOND", help="A table, or a sound, by the other clock.")],
    time: Annotated[
        str, typer.Option("--time", metavar="COLUMN", help="The column of times; FIRST=SECOND for two names.")
    ] = "time",
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="COLUMN",
            help="What both recorded; FIRST=SECOND for two names; repeat for several. By default all numbers.",
        ),
    ] = None,
    events: Annotated[bool, typer.Option("--events", help="Rows are events, of which only the times count.")] = False,
    drift: Annotated[bool, typer.Option("--drift", help="How one clock runs against the other, too.")] = False,
    window: Annotated[
        str | None, typer.Option("--window", metavar="TIME", help="With --drift: length of the pieces, such as 30s.")
    ] = None,
    phase: Annotated[
        bool, typer.Option("--phase", help="Weigh all frequencies alike: for echoes and broad-band signals.")
    ] = False,
    max_offset: Annotated[
        str | None, typer.Option("--max-offset", metavar="TIME", help="Clocks are no further apart, such as 2min.")
    ] = None,
    unit: Annotated[
        str,
        typer.Option(
            "--unit", help="Of numbers that are times: ns, us, ms, s, min, h, D; FIRST=SECOND for two, such as s=ms."
        ),
    ] = "s",
    zone: reading.Zone = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Write SECOND with times by the clock of FIRST."),
    ] = None,
    plot: options.Plot = None,
    json: options.Json = False,
) -> None:
    """Find the offset between two clocks, and with --drift how they run apart, from what both recorded.

    \b
    Example:
      polymodal align clock watch.csv phone.csv --column acceleration --drift --plot clocks.png --out phone_aligned.csv
      polymodal align clock camera.wav microphone.wav --phase --max-offset 1min --plot clocks.png
      polymodal align clock claps.csv flashes.csv --events --max-offset 1min --json
    """
    refuse_ending(out)
    refuse_picture(plot)
    own_unit, _, other_unit = unit.partition("=")
    if window is not None and not drift:
        raise SettingError("--window has a meaning with --drift only")
    if events and other_unit and other_unit != own_unit:
        raise SettingError("with --events both sides count in one --unit")
    if events and (phase or column or window):
        raise SettingError("with --events only times count; leave --phase, --column and --window out")
    own_time, _, other_time = time.partition("=")
    names = [one.partition("=") for one in column or ()]
    limits: dict[str, Any] = {"max_offset": max_offset}
    way = pm.align.clock
    if events:
        times = [_times(*one) for one in ((first, own_time), (second, other_time or own_time))]
        found: Any = (way.event_drift if drift else way.event_offset)(*times, unit=own_unit, **limits)
        named = [replace(one, name=name) for one, name in ((found.first, _name(first)), (found.second, _name(second)))]
        found = replace(found, first=named[0], second=named[1])
    else:
        columns = [own for own, _, _ in names] or None, [other or own for own, _, other in names] or None
        streams = (
            reading.stream(first, own_time, columns[0], own_unit, zone),
            reading.stream(second, other_time or own_time, columns[1], other_unit or own_unit, zone),
        )
        found = way.drift(*streams, window=window, phase=phase, **limits) if drift else None
        found = way.offset(*streams, phase=phase, **limits) if found is None else found
    judged(found, json)
    save(found, plot)
    if out is not None:
        moved: Stream = found.apply(found.second)
        write(moved.to_pandas(), out)


def _name(source: str) -> str:
    return Path(source).stem


def _times(source: str, name: str) -> Any:
    from polymodal.align._columns import need_columns
    from polymodal.schema.read import read_frame

    frame, _ = read_frame(source)
    need_columns(frame, [name], _name(source))
    return frame[name]
