"""Joins by key, exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from polymodal.align._columns import columns_of, need_columns, sided
from polymodal.align._wording import count
from polymodal.align.joined import Joined
from polymodal.align.pair._gathering import Several, all_pairs, gathered
from polymodal.schema.read import read_frame

_TWO_NAMES = "where the sides name a key differently, say on={'patient': 'subject'}"


def by_key(
    left: Any,
    right: Any,
    on: str | Sequence[str] | Mapping[str, str],
    *,
    several: Several = "error",
    columns: Sequence[str] | None = None,
) -> Joined:
    """To each row of `left` the row of `right` with the same key; every row of `left` is in the answer.

    `left` and `right` are anything that `pm.Table.read` takes. An absent key agrees with nothing.

    Args:
        on: the columns that have to agree; a mapping from the names of the left to those of the right.
        several: what is done where several rows of `right` have the key: "error", "list" (all of them in the cell, for
            kinds with `many=True`), "rows" (a row for each), "first" or "last" in their order.
        columns: of `right`, to be taken; all but the key unless given.

    A key in several rows of `left` gives each of them the same partner, and the answer says so. Raises SchemaError for
    columns that are not there, keys of two kinds (numbers and text), empty tables, and several partners under "error".

    >>> scans = {"id": ["a", "a", "c"], "scan": ["1.png", "2.png", "3.png"]}
    >>> by_key({"id": ["a", "b"]}, scans, "id", several="list").table["scan"].tolist()
    [['1.png', '2.png'], None]
    """
    first, _ = read_frame(left)
    second, _ = read_frame(right)
    names, others = sided(on)
    need_columns(first, names, "left", _TWO_NAMES)
    need_columns(second, [*others, *(columns or ())], "right", _TWO_NAMES)
    keys, other_keys = columns_of(first, names, second, others)
    label = " and ".join(names)
    repeated = int(pd.Series(keys[keys >= 0]).duplicated().sum())
    notes = []
    if repeated:
        notes.append(
            f"{count(repeated, 'row')} of the left repeat{'s' if repeated == 1 else ''} the {label} of another"
        )
    return gathered(
        first,
        second,
        all_pairs(keys, other_keys),
        several=several,
        how=f"by {label}",
        columns=list(columns) if columns is not None else [one for one in second.columns if one not in others],
        left_checks=[(keys < 0, f"no {label}"), (~np.isin(keys, other_keys), f"{label} not on the other side")],
        right_checks=[
            (other_keys < 0, f"no {' and '.join(others)}"),
            (~np.isin(other_keys, keys), f"{' and '.join(others)} not on the other side"),
        ],
        notes=notes,
    )
