"""`polymodal align space apply`: a saved map, applied to points, a picture or a mask."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._answers import SUFFIXES
from polymodal.cli._answers import refuse_ending as refuse_table
from polymodal.cli._console import answer, note
from polymodal.cli.align._output import write
from polymodal.cli.align.space import _image_file as image_file
from polymodal.cli.align.space._coordinates import AXES, axes_of, read_points
from polymodal.errors import SettingError

_TABLES = (*SUFFIXES, ".tsv")


def apply(
    transform: Annotated[
        Path, typer.Argument(metavar="MAP", help="JSON that `polymodal align space ... --out` wrote.")
    ],
    given: Annotated[
        str, typer.Argument(metavar="INPUT", help="A table of points, or a picture: .png, .tif, .jpg, .npy.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="Where the answer goes: a table, or a picture.")
    ],
    inverse: Annotated[
        bool, typer.Option("--inverse", help="The other way, from the fixed to the moving frame.")
    ] = False,
    mask: Annotated[bool, typer.Option("--mask", help="INPUT holds labels, which are never mixed.")] = False,
    columns: Annotated[
        str | None, typer.Option("--columns", metavar="X,Y", help="Of a table: which columns hold x, y (and z).")
    ] = None,
    size: Annotated[
        str | None,
        typer.Option("--size", metavar="WIDTHxHEIGHT", help="Of the answer; by default that of the frame it is for."),
    ] = None,
    fill: Annotated[
        float | None, typer.Option("--fill", help="What a picture has where nothing comes from; 0 unless given.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Move points, a picture or a mask into another frame by a map that was saved.

    \b
    Example:
      polymodal align space apply map.json cells.csv --columns column,row --out moved.csv
      polymodal align space apply map.json slide.png --size 2000x1500 --fill 255 --out moved.png
      polymodal align space apply map.json labels.png --mask --inverse --out back.png
    """
    way = pm.align.space.Transform.load(transform)
    if inverse:
        way = way.inverse()
    if Path(given).suffix.lower() in _TABLES:
        if mask or size is not None or fill is not None:
            raise SettingError("--mask, --size and --fill have a meaning for pictures, and INPUT is a table")
        refuse_table(out)
        n = _points(way, given, axes_of(columns or ",".join(AXES[: way.source.dimensions])), out)
        told: dict[str, Any] = {"points": n}
    else:
        if columns is not None:
            raise SettingError("--columns has a meaning for tables, and INPUT is a picture")
        image_file.refuse_ending(Path(given), "INPUT", mask)
        image_file.refuse_ending(out, "--out", mask)
        told = {"size": _picture(way, Path(given), out, mask, _sides(size), fill)}
    ends = {"source": way.source.name, "target": way.target.name}
    answer(f"Moved from {way.source.name!r} to {way.target.name!r}", {**told, **ends, "out": str(out)}, json)


def _points(way: Any, given: str, names: list[str], out: Path) -> int:
    table = read_points(given, names)
    if way.kind == "pinhole":
        seen = way.project(table)
        shown = {"column": seen.pixels[:, 0], "row": seen.pixels[:, 1], "depth": seen.depth, "seen": seen.seen}
        table = table.assign(**shown).rename(columns=dict(zip(AXES, names, strict=False)))
    else:
        moved = way.points(table)
        table = table.assign(**dict(zip(AXES, moved.T, strict=False))).rename(
            columns=dict(zip(AXES, names, strict=False))
        )
    write(table, out)
    return len(table)


def _picture(
    way: Any, given: Path, out: Path, is_mask: bool, size: tuple[int, ...] | None, fill: float | None
) -> list[int]:
    if is_mask:
        if fill is not None and fill % 1:
            raise SettingError(f"--fill {fill:g}: labels are whole numbers")
        moved = way.mask(image_file.read_labels(given), size, int(fill or 0))
    else:
        moved = way.picture(image_file.read(given), size, fill or 0)
    image_file.write(moved, out)
    note(f"Wrote {out}")
    return [int(side) for side in moved.shape[way.target.dimensions - 1 :: -1]]


def _sides(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    parts = text.lower().split("x")
    if not all(part.isdecimal() for part in parts):
        raise SettingError(f"--size {text}: width and height in pixels, such as 2000x1500")
    return tuple(map(int, parts))
