"""The frames of two tables: their names, their unit and their resolution, from options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

import polymodal as pm

Unit = Annotated[str, typer.Option("--unit", help="Of both: pixel, micrometre, millimetre or metre.")]
MovingResolution = Annotated[
    float | None, typer.Option("--moving-resolution", metavar="MICROMETRES", help="Width of a pixel of MOVING.")
]
FixedResolution = Annotated[
    float | None, typer.Option("--fixed-resolution", metavar="MICROMETRES", help="Width of a pixel of FIXED.")
]


def frames(
    moving: str, fixed: str, unit: str, resolutions: tuple[float | None, float | None], dimensions: int = 2
) -> dict[str, Any]:
    """`moving_frame` and `fixed_frame`, called by their files, or by their side where both files have one name."""
    names = [Path(one).name.partition(".")[0] for one in (moving, fixed)]
    if names[0] == names[1]:
        names = ["moving", "fixed"]
    made = {}
    for side, name, resolution in zip(("moving", "fixed"), names, resolutions, strict=True):
        made[f"{side}_frame"] = pm.align.space.Frame(name, unit, resolution=resolution, dimensions=dimensions)  # type: ignore[arg-type]
    return made
