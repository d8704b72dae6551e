"""From pairs of rows to a table: one partner, several in a cell, or a row for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd

from polymodal.align._links import Pairs
from polymodal.align._remainder import Remainder
from polymodal.align._wording import count
from polymodal.align.joined import Joined, beside, taken
from polymodal.errors import SchemaError, SettingError, near_miss

Several = Literal["error", "list", "rows", "first", "last", "nearest"]
_SHOWN = 5


def gathered(
    left: pd.DataFrame,
    right: pd.DataFrame,
    pairs: np.ndarray,
    *,
    several: Several,
    how: str,
    columns: Sequence[str],
    left_checks: Sequence[tuple[np.ndarray, str]],
    right_checks: Sequence[tuple[np.ndarray, str]],
    distances: np.ndarray | None = None,
    scale: str = "",
    notes: Sequence[str] = (),
    near_misses: pd.DataFrame | None = None,
) -> Joined:
    """A table of all rows of the left from `pairs [P, 2]`; `several` says what is done where a row has more than one.

    Raises SchemaError under "error" where a row has, SettingError for a rule that is unknown or has no meaning here.
    """
    _check(several, distances)
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    pairs, apart = pairs[order], None if distances is None else distances[order]
    sizes = np.bincount(pairs[:, 0], minlength=len(left))
    told = list(notes)
    if several == "error" and (sizes > 1).any():
        raise SchemaError(_too_many(left, sizes))
    kept = _chosen(pairs, apart, sizes, several)
    used, linked = np.zeros(len(right), dtype=bool), np.zeros(len(right), dtype=bool)
    used[pairs[kept, 1]], linked[pairs[:, 1]] = True, True
    if not kept.all():
        told.append(f"{count(int((~kept).sum()), 'pair')} not taken: the {several} of several partners is")
    pairs, apart = pairs[kept], None if apart is None else apart[kept]
    part = right[list(columns)]
    if several == "list":
        table = beside(left, _in_lists(part, pairs, len(left)))
        told += _of_lists(sizes)
    elif several == "rows":
        rows, partners, found = _repeated(pairs, len(left))
        table = beside(left.take(rows).reset_index(drop=True), taken(part, partners, found))
        if len(rows) > len(left):
            told.append(f"{count(len(rows) - len(left), 'row')} more than the left has: one for each partner")
    else:
        partners, found = np.zeros(len(left), dtype=np.int64), np.zeros(len(left), dtype=bool)
        partners[pairs[:, 0]], found[pairs[:, 0]] = pairs[:, 1], True
        table = beside(left, taken(part, partners, found))
    return Joined(
        how=how,
        table=table,
        links=Pairs(pairs, apart),
        scale=scale,
        left=Remainder.of(left.index, [*_masked(left_checks, sizes > 0), (sizes == 0, "no partner")]),
        right=Remainder.of(
            right.index,
            [(linked & ~used, "another row was taken"), *_masked(right_checks, used), (~linked, "no partner")],
        ),
        notes=tuple(told),
        near_misses=pd.DataFrame() if near_misses is None else near_misses,
    )


def all_pairs(keys: np.ndarray, others: np.ndarray) -> np.ndarray:
    """`[P, 2]` positions of all rows with the same key; -1 is no key.

    >>> all_pairs(np.array([7, -1, 8]), np.array([8, 7, 7, -1])).tolist()
    [[0, 1], [0, 2], [2, 0]]
    """
    order = np.argsort(others, kind="stable")
    ordered = others[order]
    low, high = np.searchsorted(ordered, keys, "left"), np.searchsorted(ordered, keys, "right")
    return spanned(order, np.where(keys < 0, 0, low), np.where(keys < 0, 0, high))


def spanned(order: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """`[P, 2]`: each row with all that `order` has from its `low` to its `high`."""
    sizes = np.maximum(high - low, 0)
    rows = np.repeat(np.arange(len(low)), sizes)
    starts = np.repeat(low - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes) if len(low) else low
    return np.stack([rows, order[np.arange(len(rows)) + starts]], axis=1)


def _check(several: str, distances: np.ndarray | None) -> None:
    allowed = [one for one in get_args(Several) if one != "nearest" or distances is not None]
    if several not in allowed:
        raise SettingError(f"several={several!r} is unknown here. {near_miss(several, allowed)}")


def _too_many(left: pd.DataFrame, sizes: np.ndarray) -> str:
    rows = np.flatnonzero(sizes > 1)
    shown = ", ".join(f"row {left.index[row]} has {sizes[row]}" for row in rows[:_SHOWN])
    more = ", ..." if len(rows) > _SHOWN else ""
    return (
        f"{count(len(rows), 'row')} of the left {'has' if len(rows) == 1 else 'have'} several partners "
        f"({shown}{more}). Say what is to be done: several='list' puts all of them into the cell (types with "
        "many=True read it), 'rows' makes a row for each, 'first' or 'last' takes one"
    )


def _chosen(pairs: np.ndarray, distances: np.ndarray | None, sizes: np.ndarray, several: str) -> np.ndarray:
    kept = np.ones(len(pairs), dtype=bool)
    if several in ("list", "rows", "error") or not len(pairs):
        return kept
    if several == "nearest" and distances is not None:
        order = np.lexsort((pairs[:, 1], distances, pairs[:, 0]))
    else:
        order = np.arange(len(pairs))
    starts = np.cumsum(sizes) - sizes
    has = sizes > 0
    places = (starts + sizes - 1)[has] if several == "last" else starts[has]
    kept[:] = False
    kept[order[places]] = True
    return kept


def _masked(checks: Sequence[tuple[np.ndarray, str]], has_partner: np.ndarray) -> list[tuple[np.ndarray, str]]:
    return [(holds & ~has_partner, reason) for holds, reason in checks]


def _in_lists(part: pd.DataFrame, pairs: np.ndarray, n: int) -> pd.DataFrame:
    ends = np.cumsum(np.bincount(pairs[:, 0], minlength=n))
    columns = {}
    for name in part.columns:
        values = part[name].take(pairs[:, 1]).tolist()
        cells = np.empty(n, dtype=object)
        for row, (low, high) in enumerate(zip(np.concatenate([[0], ends[:-1]]), ends, strict=True)):
            cells[row] = values[low:high] if high > low else None
        columns[str(name)] = cells
    return pd.DataFrame(columns)


def _repeated(pairs: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    alone = np.setdiff1d(np.arange(n), pairs[:, 0])
    rows = np.concatenate([pairs[:, 0], alone])
    partners = np.concatenate([pairs[:, 1], np.zeros(len(alone), dtype=np.int64)])
    found = np.arange(len(rows)) < len(pairs)
    order = np.argsort(rows, kind="stable")
    return rows[order], partners[order], found[order]


def _of_lists(sizes: np.ndarray) -> list[str]:
    most = int(sizes.max(initial=0))
    return [f"cells hold lists, of up to {most}; read them with many=True"] if most else []
