"""`polymodal align film`: by how much the sound of a film is early or late."""

from __future__ import annotations

from typing import Annotated

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._plot import refuse_ending, save
from polymodal.cli.align._output import judged


def film(
    pictures: Annotated[str, typer.Argument(metavar="FILM", help="A film, such as talk.mp4.")],
    sound: Annotated[
        str | None,
        typer.Argument(metavar="SOUND", help="A recording that was started with it; its own sound when left out."),
    ] = None,
    max_offset: Annotated[
        str, typer.Option("--max-offset", metavar="TIME", help="Sound and pictures are no further apart.")
    ] = "2s",
    plot: options.Plot = None,
    json: options.Json = False,
) -> None:
    """Say by how much sound is early or late: what is loud of a sudden is compared with what moves of a sudden.

    Nothing is learnt, so that it takes some seconds with a few clear events: claps, steps, lips.

    \b
    Example:
      polymodal align film talk.mp4 --plot lag.png
      polymodal align film camera.mp4 microphone.wav --max-offset 10s --json
    """
    refuse_ending(plot)
    found = pm.align.clock.film_lag(pictures, sound, max_offset=max_offset)
    judged(found, json)
    save(found, plot)
