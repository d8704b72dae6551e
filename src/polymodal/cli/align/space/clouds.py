"""`polymodal align space clouds`: two sets of points brought onto each other by their shape."""

from __future__ import annotations

from typing import Annotated, Any

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._plot import refuse_ending as refuse_picture
from polymodal.cli.align.space import _registered as registered
from polymodal.cli.align.space import _sides as sides
from polymodal.cli.align.space._coordinates import Columns, axes_of, read_points


def clouds(
    moving: Annotated[str, typer.Argument(metavar="MOVING", help="A table of points, a row each.")],
    fixed: Annotated[str, typer.Argument(metavar="FIXED", help="A table of points; no row belongs to another.")],
    model: Annotated[str, typer.Option("--model", help="rigid, similarity, affine or thin_plate_spline.")] = "rigid",
    columns: Columns = "x,y",
    overlap: Annotated[
        float | None,
        typer.Option("--overlap", metavar="SHARE", help="Of MOVING that has a partner; else found by itself."),
    ] = None,
    mirrored: Annotated[bool, typer.Option("--mirrored", help="One is a mirror image of the other.")] = False,
    stiffness: Annotated[
        float | None, typer.Option("--stiffness", help="Of a thin_plate_spline: how much bending costs; 2 by default.")
    ] = None,
    unit: sides.Unit = "pixel",
    moving_resolution: sides.MovingResolution = None,
    fixed_resolution: sides.FixedResolution = None,
    most_points: Annotated[int, typer.Option("--most-points", help="Of each; more are drawn at random.")] = 5000,
    seed: registered.Seed = 0,
    out: registered.Out = None,
    plot: options.Plot = None,
    json: options.Json = False,
) -> None:
    """Bring points onto others where nobody knows which belongs to which, and say how well their shapes agree.

    \b
    Example:
      polymodal align space clouds nuclei.csv cells.csv --columns x,y --plot clouds.png --out map.json
      polymodal align space clouds scan1.csv scan2.csv --columns x,y,z --unit metre --overlap 0.6 --json
    """
    refuse_picture(plot)
    names = axes_of(columns)
    settings: dict[str, Any] = {} if stiffness is None else {"stiffness": stiffness}
    found = pm.align.space.clouds(
        read_points(moving, names),
        read_points(fixed, names),
        model,  # type: ignore[arg-type]  # other words are refused there
        overlap=overlap,
        mirrored=mirrored,
        most_points=most_points,
        seed=seed,
        **settings,
        **sides.frames(moving, fixed, unit, (moving_resolution, fixed_resolution), len(names)),
    )
    registered.hand_over(found, out, plot, json)
