"""`polymodal align space landmarks`: points that belong together, and the map between them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._console import answer, note
from polymodal.cli._plot import refuse_ending as refuse_picture
from polymodal.cli._plot import save
from polymodal.cli.align.space._coordinates import axes_of, read_points
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
    columns: Annotated[
        str, typer.Option("--columns", metavar="X,Y", help="Which columns hold x, y and, in 3-D, z.")
    ] = "x,y",
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
    unit: Annotated[str, typer.Option("--unit", help="Of both: pixel, micrometre, millimetre or metre.")] = "pixel",
    moving_resolution: Annotated[
        float | None, typer.Option("--moving-resolution", metavar="MICROMETRES", help="Width of a pixel of MOVING.")
    ] = None,
    fixed_resolution: Annotated[
        float | None, typer.Option("--fixed-resolution", metavar="MICROMETRES", help="Width of a pixel of FIXED.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Write the map as JSON, which `apply` reads."),
    ] = None,
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
    sides = []
    for side, path, other, resolution in (
        ("moving", moving, fixed, moving_resolution),
        ("fixed", fixed, moving, fixed_resolution),
    ):
        name = Path(path).stem if Path(path).stem != Path(other).stem else side
        sides.append(pm.align.space.Frame(name, unit, resolution=resolution, dimensions=len(names)))  # type: ignore[arg-type]
    found = pm.align.space.landmarks(
        read_points(moving, names),
        read_points(fixed, names),
        model,  # type: ignore[arg-type]  # other words are refused there
        robust=robust,
        tolerance=tolerance,
        smoothing=stiff,  # type: ignore[arg-type]
        mirrored=mirrored,
        by=by,
        moving_frame=sides[0],
        fixed_frame=sides[1],
    )
    answer(found, found.to_dict(), json)
    save(found, plot)
    if out is not None:
        found.save(out)
        note(f"Wrote {out}")
