"""`polymodal align warp`: one recording stretched onto another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._answers import refuse_ending
from polymodal.cli._console import note
from polymodal.cli._plot import refuse_ending as refuse_picture
from polymodal.cli._plot import save
from polymodal.cli.align import _reading as reading
from polymodal.cli.align._output import judged, write
from polymodal.errors import SettingError

if TYPE_CHECKING:
    from polymodal.align.clock import Stream


def warp(
    first: Annotated[str, typer.Argument(metavar="FIRST", help="A table with times, or a sound: by whose pace.")],
    second: Annotated[str, typer.Argument(metavar="SECOND", help="Another, of the same columns: what is stretched.")],
    band: Annotated[
        float | None,
        typer.Option("--band", help="How far to stray from an even stretching: a share of the longer, 0 to 1."),
    ] = None,
    penalty: Annotated[float, typer.Option("--penalty", help="A cost of each step that stretches.")] = 0.0,
    standard: Annotated[
        bool, typer.Option("--standard", help="Bring each column to mean 0 and spread 1 in both first.")
    ] = False,
    rate: Annotated[
        float | None, typer.Option("--rate", metavar="HZ", help="Bring both onto an even grid first.")
    ] = None,
    learn: Annotated[
        bool, typer.Option("--learn", help="Compare what is learnt from both by cycle consistency, without labels.")
    ] = False,
    further: Annotated[
        list[str] | None,
        typer.Option("--further", metavar="SOURCE", help="With --learn: a further recording to learn from; repeat."),
    ] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="With --learn: how long, 300 by default.")] = None,
    seed: options.Seed = 0,
    time: reading.Time = "time",
    column: reading.Columns = None,
    unit: reading.Unit = "s",
    zone: reading.Zone = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Write SECOND at the times of FIRST."),
    ] = None,
    plot: options.Plot = None,
    json: options.Json = False,
) -> None:
    """Stretch one recording onto another of the same thing at another pace (dynamic time warping).

    \b
    Example:
      polymodal align warp slow.csv fast.csv --column angle --band 0.3 --plot warped.png --out fast_as_slow.csv
      polymodal align warp one.csv two.csv --learn --further three.csv --json
    """
    refuse_ending(out)
    refuse_picture(plot)
    if not learn and (further or steps is not None):
        raise SettingError("--further and --steps have a meaning with --learn only")
    if learn and (penalty or standard):
        raise SettingError("with --learn what is compared is learnt, from columns of spread 1; "
                           "leave --penalty and --standard out")  # fmt: skip
    streams = [reading.stream(one, time, column, unit, zone) for one in (first, second, *(further or ()))]
    if rate is not None:
        streams = [pm.align.clock.resample(one, rate).after for one in streams]
    limits: dict[str, Any] = {} if band is None else {"band": band}
    told: dict[str, Any] = {}
    if learn:
        learnt = pm.align.clock.cycle(streams, steps=steps or 300, seed=seed)
        note(str(learnt))
        told["learnt"] = learnt.to_dict()
        found = learnt.apply(streams[0], streams[1], **limits)
    else:
        one, other = (_standard(stream) if standard else stream for stream in streams)
        found = pm.align.clock.dtw(one, other, penalty=penalty, **limits)
    judged(found, json, **told)
    save(found, plot)
    if out is not None:
        write(_moved(found.apply(streams[1].values), streams[0], streams[1]), out)


def _standard(stream: Stream) -> Any:
    from polymodal.align.clock.warping import sequence

    values = sequence(stream, stream.name)
    spread = values.std(axis=0)
    return (values - values.mean(axis=0)) / (spread + (spread == 0))


def _moved(values: Any, first: Stream, second: Stream) -> Any:
    frame = first.to_pandas()[["time"]]
    return frame.assign(**dict(zip(second.channels, values.T, strict=True)))
