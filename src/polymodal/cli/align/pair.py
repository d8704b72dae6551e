"""`polymodal align pair`: tables and files joined by key, near key, time or place."""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path
from typing import Annotated, Any

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._answers import refuse_ending
from polymodal.cli._console import answer
from polymodal.cli._plot import refuse_ending as refuse_picture
from polymodal.cli._plot import save
from polymodal.cli.align._output import write
from polymodal.errors import SettingError

_WAYS = ("on", "near", "asof", "around", "place", "pattern")
_MEANT: dict[str, tuple[str, ...]] = {
    "several": ("on", "near", "around", "place", "pattern"),
    "column": ("on", "near", "asof", "around", "place"),
    "threshold": ("near",),
    **dict.fromkeys(("direction", "tolerance", "exact", "cutoff", "known"), ("asof",)),
    **dict.fromkeys(("before", "after"), ("around",)),
    **dict.fromkeys(("by", "unit", "zone"), ("asof", "around")),
    **dict.fromkeys(("within", "flat"), ("place",)),
}


def pair(
    left: Annotated[str, typer.Argument(metavar="LEFT", help="A table: every row of it is in the answer.")],
    right: Annotated[str, typer.Argument(metavar="RIGHT", help="Another table, or with --pattern a folder of files.")],
    on: Annotated[
        list[str] | None,
        typer.Option("--on", metavar="KEY", help="By equal keys; LEFT=RIGHT for two names. Repeat for several."),
    ] = None,
    near: Annotated[
        str | None, typer.Option("--near", metavar="KEY", help="By keys written differently; LEFT=RIGHT for two names.")
    ] = None,
    asof: Annotated[
        str | None,
        typer.Option("--asof", metavar="TIME", help="The row that was valid at a time; LEFT=RIGHT for two names."),
    ] = None,
    around: Annotated[
        str | None,
        typer.Option("--around", metavar="TIME", help="All rows from around a time: see --before and --after."),
    ] = None,
    place: Annotated[
        str | None,
        typer.Option(
            "--place",
            metavar="COL,COL",
            help="By place, see --within: columns of latitude and longitude; LEFT=RIGHT for other names.",
        ),
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option("--pattern", metavar="PATTERN", help="Files of a folder by their names: '{patient}/*.png'."),
    ] = None,
    several: Annotated[
        str | None,
        typer.Option("--several", help="Of several partners: error, list, rows, first, last, or nearest."),
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option("--by", metavar="KEY", help="Keys that have to agree as well as times.")
    ] = None,
    direction: Annotated[
        str | None, typer.Option("--direction", help="With --asof: backward (by default), forward or nearest.")
    ] = None,
    tolerance: Annotated[
        str | None, typer.Option("--tolerance", metavar="TIME", help="With --asof: no further apart, such as 5min.")
    ] = None,
    cutoff: Annotated[
        str | None,
        typer.Option("--cutoff", metavar="COLUMN", help="With --asof: nothing from after this time."),
    ] = None,
    exact: Annotated[
        bool | None, typer.Option("--exact/--not-exact", help="With --asof: whether a row of the very time counts.")
    ] = None,
    known: Annotated[
        str | None, typer.Option("--known", metavar="COLUMN", help="With --asof: when a row of RIGHT became known.")
    ] = None,
    before: Annotated[
        str | None, typer.Option("--before", metavar="TIME", help="With --around, such as 2h; else from its time on.")
    ] = None,
    after: Annotated[
        str | None, typer.Option("--after", metavar="TIME", help="With --around; nothing from after its time without.")
    ] = None,
    within: Annotated[float | None, typer.Option("--within", metavar="KM", help="With --place: so far.")] = None,
    flat: Annotated[
        bool, typer.Option("--flat", help="With --place: coordinates in a plane, --within in their unit.")
    ] = False,
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="With --near: how alike, 0 to 1; 0.85 by default.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="COLUMN", help="Of RIGHT, to be taken; repeat for several. By default all."),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(
            "--unit",
            help="Of numbers that are times: ns, us, ms, s, min, h, D; LEFT=RIGHT for two, such as s=ms. "
            "Seconds by default.",
        ),
    ] = None,
    zone: Annotated[
        str | None, typer.Option("--zone", metavar="NAME", help="Where clocks stood that show local time.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write the table: .csv, .parquet or .json.")
    ] = None,
    unmatched: Annotated[
        Path | None, typer.Option("--unmatched", metavar="FILE", help="Write who has no partner, and why.")
    ] = None,
    plot: options.Plot = None,
    json: options.Json = False,
) -> None:
    """Join two tables, or a table and the files of a folder; who has no partner is listed, never dropped.

    \b
    Example:
      polymodal align pair patients.csv notes.csv --on patient --several list --out joined.parquet
      polymodal align pair visits.csv labs.csv --asof time --by patient --tolerance 7D --out joined.csv
      polymodal align pair patients.csv scans/ --pattern "{patient}/*.png" --several list --out with_scans.csv
      polymodal align pair homes.csv stations.csv --place lat,lon --within 25 --unmatched far.csv
    """
    for path in (out, unmatched):
        refuse_ending(path)
    refuse_picture(plot)
    given = {"on": on, "near": near, "asof": asof, "around": around, "place": place, "pattern": pattern}
    ways = [name for name in _WAYS if given[name]]
    if len(ways) != 1:
        raise typer.BadParameter(f"give one of {', '.join('--' + one for one in _WAYS)}", param_hint="'--on'")
    only = {"direction": direction, "tolerance": tolerance, "exact": exact, "cutoff": cutoff, "known": known}
    span = {"before": before, "after": after}
    timed = {"by": by, "unit": unit, "zone": zone}
    globe = {"within": within, "flat": flat or None}
    settings = {**only, **span, **timed, **globe, "several": several, "threshold": threshold, "column": column}
    _refuse_idle(ways[0], {name for name, value in settings.items() if value is not None})
    rule = {"columns": column} | _given({"several": several})
    own_unit, other_unit = _two(unit or "s")
    clock: dict[str, Any] = {"unit": own_unit, "right_unit": other_unit, "zone": zone, "by": dict(map(_two, by or ()))}
    ask = pm.align.pair
    if on:
        found = ask.by_key(left, right, dict(map(_two, on)), **rule)
    elif near:
        found = ask.by_near_key(left, right, _two(near), **_given({"threshold": threshold}), **rule)
    elif asof:
        found = pm.align.clock.asof(left, right, _two(asof), **clock, **rule, **_given(only))
    elif around:
        found = ask.by_time(left, right, _two(around), **_given(span), **clock, **rule)
    elif place:
        if within is None:
            raise typer.BadParameter("say how far apart places may be.", param_hint="'--within'")
        own, other = (one.split(",") for one in _two(place))
        rule["metric"] = "euclidean" if flat else "haversine"
        found = ask.by_place(left, right, own, right_place=other, within=within, **rule)
    else:
        found = ask.files(left, right, str(pattern), **_given({"several": several}))
    answer(found, found.to_dict(), json)
    save(found, plot)
    if out is not None:
        write(found.table, out)
    if unmatched is not None:
        write(found.unmatched(), unmatched)


def _given(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value is not None}


def _refuse_idle(way: str, given: Set[str]) -> None:
    """Raises SettingError for options that would change nothing."""
    idle = [f"--{name} goes with {', '.join('--' + one for one in _MEANT[name])}" for name in _MEANT
            if name in given and way not in _MEANT[name]]  # fmt: skip
    if idle:
        raise SettingError(f"with --{way} some of what was given changes nothing: {'; '.join(idle)}")


def _two(text: str) -> tuple[str, str]:
    """`patient=subject` as two names, `patient` as one for both sides."""
    left, _, right = text.partition("=")
    return left, right or left
