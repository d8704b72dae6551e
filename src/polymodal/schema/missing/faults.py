"""What is wrong with the settings of hiding, one sentence each."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterator, Mapping
from typing import Any

from polymodal.errors import near_miss
from polymodal.schema.table import Table

MECHANISMS = ("block", "mar", "mcar", "mnar", "segment")


def share_faults(table: Table, shares: Mapping[str, Any]) -> Iterator[str]:
    """Names that are no modality, and shares that are none."""
    for name, share in shares.items():
        if name not in table.schema.modalities:
            yield f"shares names {name!r}, which is no modality. {near_miss(name, table.schema.names)}"
        if isinstance(share, bool) or not isinstance(share, numbers.Real) or not 0 <= float(share) <= 1:
            yield f"a share is a number from 0 to 1; {name!r} has {share!r}"


def mechanism_faults(
    table: Table, shares: Mapping[str, Any], mechanism: str, by: Any, strength: Any, blocks: Any, seed: Any
) -> Iterator[str]:
    """Settings that are out of range, or that the mechanism has no use for."""
    if mechanism not in MECHANISMS:
        yield f"unknown mechanism {mechanism!r}. {near_miss(mechanism, MECHANISMS)}"
        return
    if isinstance(seed, bool) or not isinstance(seed, numbers.Integral) or seed < 0:
        yield f"seed is a whole number from 0; {seed!r} came"
    if strength is not None:
        if mechanism not in ("mar", "mnar"):
            yield f"strength says how much a value decides; nothing does so in {mechanism!r}"
        elif isinstance(strength, bool) or not isinstance(strength, numbers.Real) or not math.isfinite(strength):
            yield f"strength is a finite number; {strength!r} came"
    if blocks is not None:
        if mechanism != "block" or by is not None:
            yield "blocks is for the mechanism 'block' without a column of groups"
        elif isinstance(blocks, bool) or not isinstance(blocks, numbers.Integral) or blocks < 2:
            yield f"blocks is a whole number from 2; {blocks!r} came"
    if mechanism == "segment":
        yield from _part_faults(table, shares)
    yield from _by_faults(table, shares, mechanism, by)


def _part_faults(table: Table, shares: Mapping[str, Any]) -> Iterator[str]:
    for name in shares.keys() & table.schema.modalities.keys():
        one = table.schema.modalities[name]
        if not one.has_parts:
            yield f"a cell of {name!r} ({one.label}) has no parts to hide; series, panels and tables have"
        others = {reader for column in one.sources(name) for reader in table.schema.readers(column)} - {name}
        if shares[name] and others:
            yield f"{name!r} has a column that is read by {sorted(others)} too"


def _by_faults(table: Table, shares: Mapping[str, Any], mechanism: str, by: Any) -> Iterator[str]:
    if by is None:
        if mechanism == "mar":
            yield "mar needs by=COLUMN, a column that stays visible"
        return
    if mechanism in ("mcar", "segment"):
        yield f"{mechanism} goes by nothing, so by={by!r} would say nothing; mar goes by a column"
    elif mechanism == "mnar":
        if by not in table.schema.targets:
            yield f"mnar goes by the cell itself or by a target; {by!r} is none. {near_miss(by, table.schema.targets)}"
        elif table.labels(by) is None:
            yield f"the table has no labels for the target {by!r}"
    elif by not in table.frame.columns:
        yield f"no column {by!r}. {near_miss(by, map(str, table.frame.columns))}"
    elif mechanism == "mar":
        readers = table.schema.readers(by)
        if readers & table.schema.targets.keys():
            yield f"{by!r} is a target, which nobody sees when it counts; that is mechanism='mnar'"
        hidden = sorted(name for name in readers & shares.keys() if shares[name])
        if hidden:
            yield f"{by!r} is read by {hidden[0]!r}, which is to be hidden itself; mar goes by what stays visible"
