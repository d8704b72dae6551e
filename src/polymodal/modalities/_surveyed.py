"""What the cells of a column say of series before they are read as such: whether they are, their channels and times."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from polymodal.modalities._channels import blocks_of, chosen, in_order, is_plain, is_timed
from polymodal.modalities._clocks import Line, on_one_line
from polymodal.modalities._numbers import written
from polymodal.modalities._recordings import SUFFIXES, array_or_none
from polymodal.schema.cells import Unreadable, is_absent


def looks_like(values: pd.Series) -> str | None:
    """Why a column looks like series, or None when it does not."""
    seen = [written(one) for one in values.dropna().head(100).tolist()]
    if not seen:
        return None
    if sum(isinstance(one, str) and one.lower().endswith(SUFFIXES) for one in seen) >= 0.9 * len(seen):
        return "paths of recorded series"
    if all(is_timed(one) for one in seen):
        ordered = sum(in_order(blocks_of(one, None, "s")) for one in seen)
        return "values with their times" if ordered >= 0.9 * len(seen) else None
    if not all(isinstance(one, (list, tuple, np.ndarray)) and len(one) for one in seen):
        return None
    shapes = {np.shape(one)[1:] for one in map(array_or_none, seen) if one is not None}
    lengths = {len(one) for one in seen}
    if len(shapes) == 1 and len(next(iter(shapes))) == 1:
        return f"arrays of time x {next(iter(shapes))[0]} channels"
    if shapes == {()} and len(lengths) > 1:
        return f"lists of numbers of unequal length ({min(lengths)} to {max(lengths)})"
    return None


def survey(
    raws: Sequence[Any], time: str | None, unit: str, channels: tuple[str, ...], rate: float | None
) -> tuple[set[str], list[Line]]:
    """The names of channels in the cells of a table, and the times of those that have any; files are not opened."""
    names: set[str] = set()
    lines = []
    for raw in raws:
        if is_absent(raw) or isinstance(raw, (str, Path)) or is_plain(raw):
            continue
        try:
            blocks = chosen(blocks_of(raw, time, unit, channels), channels)
            names.update(name for block in blocks for name in block.names or ())
            if any(block.is_timed for block in blocks):
                lines.append(on_one_line(blocks, True, rate))
        except Unreadable:
            continue  # what is wrong with the cell is said when it is read
    return names, [line for line in lines if len(line.seconds)]
