"""`polymodal align space expression`: two sections brought onto each other by the genes of their spots."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._answers import refuse_ending
from polymodal.cli._plot import refuse_ending as refuse_picture
from polymodal.cli.align._output import write
from polymodal.cli.align.space import _registered as registered
from polymodal.cli.align.space import _sides as sides
from polymodal.cli.align.space._coordinates import axes_of
from polymodal.errors import SettingError


def expression(
    moving: Annotated[
        str, typer.Argument(metavar="MOVING", help="A table, a row a spot: its place, and counts of genes.")
    ],
    fixed: Annotated[str, typer.Argument(metavar="FIXED", help="The section that stays; genes go by name.")],
    model: Annotated[str, typer.Option("--model", help="rigid, similarity or affine.")] = "rigid",
    columns: Annotated[str, typer.Option("--columns", metavar="X,Y", help="Which columns hold x and y.")] = "x,y",
    alpha: Annotated[float, typer.Option("--alpha", help="Share of geometry against expression.")] = 0.1,
    genes: Annotated[int, typer.Option("--genes", help="How many of the genes both have, the most frequent.")] = 2000,
    least_counts: Annotated[
        float, typer.Option("--least-counts", help="Spots with fewer are left out, and listed.")
    ] = 100,
    overlap: Annotated[
        float | None,
        typer.Option("--overlap", metavar="SHARE", help="Of MOVING that FIXED holds too, where one shows less."),
    ] = None,
    mirrored: Annotated[bool, typer.Option("--mirrored", help="MOVING lies face down.")] = False,
    check: Annotated[
        Path | None,
        typer.Option("--check", metavar="MAP", help="Another map, to be compared with; it tells the frames."),
    ] = None,
    unit: sides.Unit = "pixel",
    moving_resolution: sides.MovingResolution = None,
    fixed_resolution: sides.FixedResolution = None,
    most_spots: Annotated[int, typer.Option("--most-spots", help="Of each; more are drawn at random.")] = 2000,
    seed: registered.Seed = 0,
    pairs: Annotated[
        Path | None, typer.Option("--pairs", metavar="FILE", help="Write which spots go with which, and by how much.")
    ] = None,
    out: registered.Out = None,
    plot: options.Plot = None,
    json: options.Json = False,
) -> None:
    """Bring one section onto another by what is expressed where; no pictures are needed.

    \b
    Example:
      polymodal align space expression c2.csv c3.csv --moving-resolution 0.735 --fixed-resolution 0.735 --out map.json
      polymodal align space expression c2.csv c3.csv --columns px,py --pairs pairs.csv --plot sections.png
    """
    refuse_picture(plot)
    refuse_ending(pairs)
    names = axes_of(columns)
    if len(names) != 2:
        raise SettingError(f"--columns {columns}: sections are flat, so two names are asked for")
    way = pm.align.space
    other_map = None if check is None else way.Transform.load(check)
    framed = sides.frames(moving, fixed, unit, (moving_resolution, fixed_resolution))
    if other_map is not None:
        if unit != "pixel" or moving_resolution is not None or fixed_resolution is not None:
            raise SettingError("--check tells the frames; leave --unit, --moving-resolution and --fixed-resolution out")
        framed = {"moving_frame": other_map.source, "fixed_frame": other_map.target}
    one, other = (
        way.Spots.of(path, framed[f"{side}_frame"], x=names[0], y=names[1])
        for side, path in (("moving", moving), ("fixed", fixed))
    )
    found = way.expression(
        one,
        other,
        model,  # type: ignore[arg-type]  # other words are refused there
        alpha=alpha,
        genes=genes,
        least_counts=least_counts,
        overlap=overlap,
        mirrored=mirrored,
        check=other_map,
        most_spots=most_spots,
        seed=seed,
    )
    registered.hand_over(found, out, plot, json)
    if pairs is not None:
        assert found.match is not None
        write(found.match.to_pandas(), pairs)
