"""`polymodal align space pictures`: one picture of a thing brought onto another by what they show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._plot import refuse_ending as refuse_picture
from polymodal.cli.align.space import _registered as registered


def pictures(
    moving: Annotated[
        Path, typer.Argument(metavar="MOVING", help="The picture that is brought onto the other; arrays as .npy.")
    ],
    fixed: Annotated[Path, typer.Argument(metavar="FIXED", help="The picture that stays.")],
    moving_resolution: Annotated[
        float | None,
        typer.Option(
            "--moving-resolution", metavar="MICROMETRES", help="Width of a pixel of MOVING; else as its file says."
        ),
    ] = None,
    fixed_resolution: Annotated[
        float | None,
        typer.Option("--fixed-resolution", metavar="MICROMETRES", help="The same of FIXED."),
    ] = None,
    deformable: Annotated[
        str | None,
        typer.Option("--deformable", metavar="WAY", help="What follows the affine map: bspline or demons."),
    ] = None,
    stain: Annotated[
        str, typer.Option("--stain", help="What is compared: hematoxylin, grey, or auto, as the pictures look.")
    ] = "auto",
    mirror: Annotated[
        str, typer.Option("--mirror", help="A section that lies face down: warn only, or allow to turn it over.")
    ] = "warn",
    one_way: Annotated[
        bool,
        typer.Option("--one-way", help="Do not search from FIXED to MOVING too: half the time, and one check less."),
    ] = False,
    out: registered.Out = None,
    plot: options.Plot = None,
    json: options.Json = False,
) -> None:
    """Bring one picture onto another, such as two sections of one tissue, and say how well they lie on each other.

    \b
    Example:
      polymodal align space pictures c2.jpg c3.jpg --moving-resolution 0.735 --fixed-resolution 0.735 --plot c2c3.png
      polymodal align space pictures he.tif dapi.tif --deformable demons --mirror allow --out transform.json --json
    """
    refuse_picture(plot)
    found = pm.align.space.pictures(
        moving,
        fixed,
        moving_resolution=moving_resolution,
        fixed_resolution=fixed_resolution,
        deformable=deformable or False,  # type: ignore[arg-type]  # other words are refused there
        stain=stain,  # type: ignore[arg-type]
        mirror=mirror,  # type: ignore[arg-type]
        both_ways=not one_way,
    )
    registered.hand_over(found, out, plot, json)
