"""Cells hidden on purpose: what would a model say if this were missing, for this reason, this often?

The mechanisms are those of Rubin 1976: completely at random (MCAR), by something that stays visible (MAR), by what is
hidden itself (MNAR); and whole blocks of rows, as when a site never collects a modality. Parts of a cell are hidden
completely at random.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from polymodal.errors import SettingError
from polymodal.schema.missing.blocks import BLOCKS, block_codes, whole_blocks
from polymodal.schema.missing.faults import mechanism_faults, share_faults
from polymodal.schema.missing.places import places_of
from polymodal.schema.segments import without_segments
from polymodal.schema.table import Table

_STRENGTH = 3.0


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
    faults = [*share_faults(table, wanted), *mechanism_faults(table, wanted, mechanism, by, strength, blocks, seed)]
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
            chosen = whole_blocks(block_codes(table, by, blocks)[rows], count, random)
        else:
            places = np.zeros(len(rows)) if mechanism == "mcar" else places_of(table, name, by)[rows]
            # The largest of score plus Gumbel noise are a draw without replacement, weighted by the exponential.
            keys = (_STRENGTH if strength is None else strength) * places + random.gumbel(size=len(rows))
            chosen = np.argsort(-keys, kind="stable")[:count]
        cells[rows[chosen], place] = True
    totals = np.maximum(present.sum(axis=0), 1)
    met = dict(zip(schema.names, (cells.sum(axis=0) / totals).tolist(), strict=True))
    return Hidden(table.without(cells), cells, met, mechanism, _in_words(table, mechanism, by, blocks))


def _in_words(table: Table, mechanism: str, by: str | None, blocks: int | None) -> str:
    if mechanism == "mcar":
        return "chance"
    if mechanism == "block" and by is None:
        group = table.schema.group if blocks is None else None
        return f"runs of rows, {blocks or BLOCKS} in all" if group is None else repr(group)
    return "the cell itself" if by is None else repr(by)
