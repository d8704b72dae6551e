"""Recordings from files, and the options that say how they are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import polymodal as pm

if TYPE_CHECKING:
    from polymodal.align.clock import Stream

_SOUND = (".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus")
Time = Annotated[str, typer.Option("--time", metavar="COLUMN", help="The column of times.")]
Columns = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="COLUMN", help="What to take; repeat for several. By default all numbers."),
]
Unit = Annotated[str, typer.Option("--unit", help="Of numbers that are times: ns, us, ms, s, min, h, D.")]
Zone = Annotated[str | None, typer.Option("--zone", metavar="NAME", help="Where clocks stood that show local time.")]


def stream(source: str, time: str, columns: Sequence[str] | None, unit: str, zone: str | None) -> Stream:
    """A table with times, or a sound, named like its file."""
    if source.lower().endswith(_SOUND):
        return pm.align.clock.sound_stream(source)
    return pm.align.clock.Stream.read(source, time=time, columns=columns, name=Path(source).stem, unit=unit, zone=zone)
