"""Cells hidden on purpose: what would a model say if this were missing, for this reason, this often?

The mechanisms are those of Rubin 1976: completely at random (MCAR), by something that stays visible (MAR), by what is
hidden itself (MNAR); and whole blocks of rows, as when a site never collects a modality. Parts of a cell are hidden
completely at random.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from polymodal.errors import SettingError, near_miss
from polymodal.schema.cells import is_absent
from polymodal.schema.segments import without_segments
from polymodal.schema.table import Table

MECHANISMS = ("block", "mar", "mcar", "mnar", "segment")
_STRENGTH = 3.0
_BLOCKS = 10


@dataclass(frozen=True)
class Hidden:
    """A table with cells hidden.

    Attributes:
        table: with the cells gone; the table it was made from is as it was.
        cells: `[N, M]` bool, True where a present cell was hidden, modalities in the order of `table.schema.names`; of
            "segment", where nothing was left of it.
        shares: for each modality the share of its present cells that was hidden; of "segment", of their steps.
        mechanism: "mcar", "mar", "mnar", "block" or "segment".
        by: what decided, in words.
    """

    table: Table
    cells: np.ndarray
    shares: Mapping[str, float]
    mechanism: str
    by: str

    def __str__(self) -> str:
        counts = self.cells.sum(axis=0).tolist()
        if self.mechanism == "segment":
            told = [f"  {name}: {share:.1%} of each cell present" for name, share in self.shares.items()]
            return "\n".join([f"hidden ({self.mechanism}, by {self.by}):", *told])
        told = [
            f"  {name}: {count} cells, {self.shares[name]:.1%} of those present"
            for name, count in zip(self.table.schema.names, counts, strict=True)
        ]
        return "\n".join([f"hidden ({self.mechanism}, by {self.by}):", *told])


def hide(
    table: Table,
    shares: float | Mapping[str, float],
    mechanism: str = "mcar",
    *,
    by: str | None = None,
    strength: float | None = None,
    blocks: int | None = None,
    seed: int = 0,
) -> Hidden:
    """The table with a share of the present cells of each modality hidden, and which they are.

    Args:
        table: is left as it is.
        shares: of present cells to hide, from 0 to 1: one for all modalities, or by modality (the others keep theirs).
            The number of cells is met exactly, except by blocks, which are hidden whole.
        mechanism: "mcar", at random; "mar", by the visible column `by`; "mnar", by the hidden cell itself, or by the
            target `by`; "block", whole groups of rows; "segment", one contiguous part of every present cell, at
            random: a span of a series, a block of the columns of a panel or table, of the share of its length; one
            share for all then leaves the modalities without parts as they are.
        by: the column or target that decides. A cell itself counts by its size: a number, the mean of a picture, series
            or vector, the length of a text, the mean rank of the columns of a group. For "block", the column of
            groups; left out, the group column of the schema.
        strength: of "mar" and "mnar": the largest value, or the last class, is about exp(strength) times as likely to
            be hidden as the smallest; negative turns it round.
        blocks: for "block", hide runs of rows, this many in all, instead of groups.
        seed: the same seed hides the same cells, whatever else is hidden.

    Raises SettingError for settings that do not fit, all of them at once.

    >>> import polymodal as pm
    >>> table = pm.Table.read({"age": [30, 40, 50, 60], "note": ["a b", "b c", "c d", "d e"]}, types={"note": "text"})
    >>> hidden = pm.hide(table, {"note": 0.5}, "mar", by="age", strength=50)
    >>> hidden.table.present()[:, 0].tolist(), hidden.shares["note"]
    ([True, True, False, False], 0.5)
    """
    schema = table.schema
    names = [name for name in schema.names if mechanism != "segment" or schema.modalities[name].has_parts]
    wanted = dict(shares) if isinstance(shares, Mapping) else dict.fromkeys(names, shares)
    faults = [*_share_faults(table, wanted), *_mechanism_faults(table, wanted, mechanism, by, strength, blocks, seed)]
    if faults:
        raise SettingError("cells cannot be hidden like this:" + "".join(f"\n  - {fault}" for fault in faults))
    present = table.present()
    if mechanism == "segment":
        opened, parts = without_segments(table, wanted, seed)
        gone = present & ~opened.present()
        return Hidden(opened, gone, dict.fromkeys(schema.names, 0.0) | parts, mechanism, "chance")
    cells = np.zeros_like(present)
    for place, name in enumerate(schema.names):
        rows = np.flatnonzero(present[:, place])
        count = math.floor(wanted.get(name, 0.0) * len(rows) + 0.5)
        random = np.random.default_rng([seed, *name.encode()])
        if mechanism == "block":
            chosen = _whole_blocks(_block_codes(table, by, blocks)[rows], count, random)
        else:
            places = np.zeros(len(rows)) if mechanism == "mcar" else _places_of(table, name, by)[rows]
            # The largest of score plus Gumbel noise are a draw without replacement, weighted by the exponential.
            keys = (_STRENGTH if strength is None else strength) * places + random.gumbel(size=len(rows))
            chosen = np.argsort(-keys, kind="stable")[:count]
        cells[rows[chosen], place] = True
    totals = np.maximum(present.sum(axis=0), 1)
    met = dict(zip(schema.names, (cells.sum(axis=0) / totals).tolist(), strict=True))
    return Hidden(table.without(cells), cells, met, mechanism, _in_words(table, mechanism, by, blocks))


def _share_faults(table: Table, shares: Mapping[str, Any]) -> Iterator[str]:
    for name, share in shares.items():
        if name not in table.schema.modalities:
            yield f"shares names {name!r}, which is no modality. {near_miss(name, table.schema.names)}"
        if isinstance(share, bool) or not isinstance(share, numbers.Real) or not 0 <= float(share) <= 1:
            yield f"a share is a number from 0 to 1; {name!r} has {share!r}"


def _mechanism_faults(
    table: Table, shares: Mapping[str, Any], mechanism: str, by: Any, strength: Any, blocks: Any, seed: Any
) -> Iterator[str]:
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
            yield f"a cell of {name!r} ({one.kind}) has no parts to hide; series, panels and tables have"
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


def _places_of(table: Table, name: str, by: str | None) -> np.ndarray:
    """`[N]` from 0 for the rows least likely to lose the cell to 1 for the likeliest; the middle where not known."""
    if by is None:
        samples = table.cells(name).samples
        sizes = _column_ranks(samples) if any(isinstance(one, tuple) for one in samples) else _sizes(name, samples)
        return _ranks(pd.Series(sizes))
    if by in table.schema.targets:
        labels = table.labels(by)
        assert labels is not None
        values = labels.values.astype(np.float64)
        if values.ndim > 1:  # labels of a row counted, or time to an event
            values = values[:, 0] if table.schema.targets[by].kind == "survival" else values.sum(axis=1)
        return _ranks(pd.Series(np.where(labels.known_rows, values, np.nan)))
    return _ranks(table.frame[by])


def _sizes(name: str, samples: Sequence[Any]) -> list[float]:
    sizes = []
    for sample in samples:
        if sample is None:
            sizes.append(math.nan)
        elif isinstance(sample, str):
            sizes.append(float(len(sample)))
        elif isinstance(sample, np.ndarray) and sample.dtype.kind in "biuf":
            known = sample[~np.isnan(sample)] if sample.dtype.kind == "f" else sample
            sizes.append(float(known.mean(dtype=np.float64)) if known.size else math.nan)
        else:
            raise SettingError(
                f"a cell of {name!r} has no size to go by ({type(sample).__name__}); hide it by a target or a column"
            )
    return sizes


def _column_ranks(samples: Sequence[Any]) -> np.ndarray:
    """The mean over the columns of a group of where the row stands in each."""
    width = max(len(sample) for sample in samples if sample is not None)
    columns = [[None if sample is None else sample[column] for sample in samples] for column in range(width)]
    return np.mean([_ranks(pd.Series(column, dtype=object)) for column in columns], axis=0)


def _ranks(values: pd.Series) -> np.ndarray:
    """`[N]` from 0 for the smallest to 1 for the largest, ties alike; .5 where there is nothing or no difference."""
    known = ~values.map(is_absent).to_numpy(dtype=bool)
    if pd.api.types.is_datetime64_any_dtype(values):
        numeric = values.astype("int64").astype(np.float64)
    else:
        numeric = pd.to_numeric(values, errors="coerce")
    comparable = numeric if numeric[known].notna().all() else values.astype(str)
    ranks = comparable.where(known).rank().to_numpy(dtype=np.float64)
    low, high = (np.nanmin(ranks), np.nanmax(ranks)) if known.any() else (0.0, 0.0)
    return np.where(known & (high > low), (ranks - low) / max(high - low, 1.0), 0.5)


def _block_codes(table: Table, by: str | None, blocks: int | None) -> np.ndarray:
    """`[N]` which block a row is of."""
    column = by if by is not None or blocks is not None else table.schema.group
    if column is not None and column in table.frame.columns:
        codes, known = pd.factorize(table.frame[column])
        return np.where(codes < 0, len(known) + np.arange(len(codes)), codes)
    return np.arange(len(table)) * (blocks or _BLOCKS) // max(len(table), 1)


def _whole_blocks(codes: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Rows of blocks drawn in random order, each taken if that brings their number nearer to `count`."""
    distinct, sizes = np.unique(codes, return_counts=True)
    taken, total = [], 0
    for block in random.permutation(len(distinct)):
        if abs(total + sizes[block] - count) < abs(total - count):
            taken.append(distinct[block])
            total += sizes[block]
    return np.flatnonzero(np.isin(codes, taken))


def _in_words(table: Table, mechanism: str, by: str | None, blocks: int | None) -> str:
    if mechanism == "mcar":
        return "chance"
    if mechanism == "block" and by is None:
        group = table.schema.group if blocks is None else None
        return f"runs of rows, {blocks or _BLOCKS} in all" if group is None else repr(group)
    return "the cell itself" if by is None else repr(by)
