"""`polymodal align space landmarks`: points that belong together, and the map between them."""

from __future__ import annotations

from typing import Annotated

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._plot import refuse_ending as refuse_picture
from polymodal.cli.align.space import _registered as registered
from polymodal.cli.align.space import _sides as sides
from polymodal.cli.align.space._coordinates import Columns, axes_of, read_points
from polymodal.errors import SettingError


def landmarks(
    moving: Annotated[str, typer.Argument(metavar="MOVING", help="A table of points, a row each.")],
    fixed: Annotated[str, typer.Argument(metavar="FIXED", help="Where they belong, in the same order or by --by.")],
    model: Annotated[
        str, typer.Option("--model", help="rigid, similarity, affine or thin_plate_spline.")
    ] = "similarity",
    by: Annotated[
        str | None, typer.Option("--by", metavar="COLUMN", help="Points of one name belong together; else by row.")
    ] = None,
    columns: Columns = "x,y",
    robust: Annotated[
        bool, typer.Option("--robust", help="Leave out pairs that do not agree with the others.")
    ] = False,
    tolerance: Annotated[
        float | None, typer.Option("--tolerance", help="With --robust: how far off is wrong, in units of FIXED.")
    ] = None,
    smoothing: Annotated[
        str, typer.Option("--smoothing", help="Of a spline: 0 goes through every landmark; or auto.")
    ] = "0",
    mirrored: Annotated[
        bool, typer.Option("--mirrored", help="MOVING is a mirror image, such as a section that lies face down.")
    ] = False,
    unit: sides.Unit = "pixel",
    moving_resolution: sides.MovingResolution = None,
    fixed_resolution: sides.FixedResolution = None,
    out: registered.Out = None,
    plot: options.Plot = None,
    json: options.Json = False,
) -> None:
    """Find the map that takes landmarks to where they belong, and say how well they fit.

    \b
    Example:
      polymodal align space landmarks slide.csv atlas.csv --by name --model thin_plate_spline --out map.json
      polymodal align space landmarks a.csv b.csv --columns column,row --robust --plot pairs.png
    """
    refuse_picture(plot)
    names = axes_of(columns)
    try:
        stiff = smoothing if smoothing == "auto" else float(smoothing)
    except ValueError:
        raise SettingError(f"--smoothing {smoothing}: a number, or auto") from None
    found = pm.align.space.landmarks(
        read_points(moving, names),
        read_points(fixed, names),
        model,  # type: ignore[arg-type]  # other words are refused there
        robust=robust,
        tolerance=tolerance,
        smoothing=stiff,  # type: ignore[arg-type]
        mirrored=mirrored,
        by=by,
        **sides.frames(moving, fixed, unit, (moving_resolution, fixed_resolution), len(names)),
    )
    registered.hand_over(found, out, plot, json)
