"""Which rows go where: group-safe and spread evenly over strata, decided by a seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from polymodal.errors import SchemaError, SettingError
from polymodal.schema.schema import Schema

_MOST_STRATA = 200
_TRIES = 10


def group_codes(frame: pd.DataFrame, schema: Schema) -> np.ndarray | None:
    """`[N]` codes of rows that belong together: by group, or else by id where ids repeat; None where none do.

    A row without a group (or id) stands alone.
    """
    for column in (schema.group, schema.id):
        if column is None or column not in frame.columns:
            continue
        codes, known = pd.factorize(frame[column])
        codes = codes.astype(np.int64)
        alone = codes < 0
        if column == schema.group or len(known) < (~alone).sum():
            codes[alone] = len(known) + np.arange(alone.sum())
            return codes
    return None


def held_out_rows(
    keys: Sequence[np.ndarray], groups: np.ndarray | None, eligible: np.ndarray, test: float | int, seed: int
) -> np.ndarray:
    """`[N]` bool: rows for the test side, chosen among eligible ones.

    `keys` are `[N]` strata, the most important first. Without groups each stratum gives its share to within one
    row, and rare ones share with their neighbours; with groups the shares are as even as whole groups allow.

    Raises SettingError for a test size out of range, SchemaError when rows or groups are too few to split.
    """
    n = int(eligible.sum())
    _require_several(n, groups, eligible, 2)
    n_test = count_of(test, n)
    random = np.random.default_rng(seed)
    chosen = np.zeros(len(eligible), dtype=bool)
    if groups is None:
        order = _in_strata_order(keys, eligible, random)
        offset = random.integers(n)
        steps = (np.arange(n + 1) * n_test + offset) // n  # a step up falls on every (n / n_test)-th row
        chosen[order[np.diff(steps) > 0]] = True
        return chosen
    sides = _deal_groups(keys, groups, eligible, np.array([1 - n_test / n, n_test / n]), random)
    return sides == 1


def fold_numbers(
    keys: Sequence[np.ndarray], groups: np.ndarray | None, eligible: np.ndarray, k: int, seed: int
) -> np.ndarray:
    """`[N]` int: the fold each eligible row is tested in, -1 for rows that never are. Arguments as `held_out_rows`."""
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 2:
        raise SettingError(f"k={k!r}: the number of folds is an integer from 2")
    _require_several(int(eligible.sum()), groups, eligible, int(k))
    random = np.random.default_rng(seed)
    if groups is not None:
        return _deal_groups(keys, groups, eligible, np.full(k, 1 / k), random)
    folds = np.full(len(eligible), -1)
    order = _in_strata_order(keys, eligible, random)
    folds[order] = random.permutation(k)[(np.arange(len(order)) + random.integers(k)) % k]
    return folds


def later_rows(times: pd.Series, groups: np.ndarray | None, test: float | int) -> np.ndarray:
    """`[N]` bool: the last rows by time; every other row is strictly earlier.

    Rows of one time stay together, so the count is the nearest that allows. Raises SchemaError for rows without a
    time, for a single time, and for groups with rows on both sides.
    """
    if times.isna().any():
        raise SchemaError(
            f"column {times.name!r} (time) is empty in {int(times.isna().sum())} rows; a split by time needs all"
        )
    is_clock = pd.api.types.is_numeric_dtype(times) or pd.api.types.is_datetime64_any_dtype(times)
    try:
        moments = times if is_clock else pd.to_datetime(times, format="ISO8601", utc=True)
    except (ValueError, TypeError) as error:
        raise SchemaError(f"column {times.name!r} (time) holds neither numbers nor ISO dates: {error}") from error
    _, ranks = np.unique(moments.to_numpy(), return_inverse=True)
    if ranks.max() == 0:
        raise SchemaError(
            f"column {times.name!r} (time) has one value only, {times.iloc[0]!r}; there is no before and after"
        )
    n_test = count_of(test, len(times))
    n_from = np.bincount(ranks)[::-1].cumsum()[::-1]  # rows at or after each moment
    cut = 1 + int(np.argmin(np.abs(n_from[1:] - n_test)))
    chosen = ranks >= cut
    if groups is not None:
        torn = np.intersect1d(groups[chosen], groups[~chosen])
        if len(torn):
            raise SchemaError(
                f"a split by time would tear {len(torn)} groups (or repeated ids) apart. Split without "
                "by='time', or by time on a table whose schema has no group= (and no id=)"
            )
    return chosen


def count_of(test: float | int, n: int) -> int:
    """How many of `n` rows a share (below 1) or a count asks for; at least one stays on each side."""
    is_count = isinstance(test, (int, np.integer)) and not isinstance(test, bool)
    if is_count and 0 < test < n:
        return int(test)
    if isinstance(test, (float, np.floating)) and 0 < test < 1:
        return min(max(1, round(n * float(test))), n - 1)
    raise SettingError(f"test={test!r}: a share between 0 and 1, or a number of rows from 1 to {n - 1}, is allowed")


def _require_several(n: int, groups: np.ndarray | None, eligible: np.ndarray, parts: int) -> None:
    noun, have = ("row", n) if groups is None else ("group", len(np.unique(groups[eligible])))
    if have < parts:
        those = "with a label " if not eligible.all() else ""
        there = f"{have} {noun if have == 1 else noun + 's'} {those}".rstrip()
        remedy = "" if groups is None else " Rows of one group or id never part: name another column, or none."
        raise SchemaError(
            f"{parts} parts need at least {parts} {noun}s {those}to be told apart; the table has {there}.{remedy}"
        )


def _in_strata_order(keys: Sequence[np.ndarray], eligible: np.ndarray, random: np.random.Generator) -> np.ndarray:
    rows = np.flatnonzero(eligible)
    noise = random.permutation(len(rows))
    return rows[np.lexsort([noise, *(key[rows] for key in reversed(keys))])]


def _deal_groups(
    keys: Sequence[np.ndarray],
    groups: np.ndarray,
    eligible: np.ndarray,
    shares: np.ndarray,
    random: np.random.Generator,
) -> np.ndarray:
    """Deal whole groups to parts of the given shares, each to where its strata are scarcest; the best of some orders.

    A group with no eligible row is dealt to no part (-1).
    """
    _, codes = np.unique(groups, return_inverse=True)
    counts = _group_counts(keys, codes, eligible)
    dealt = np.flatnonzero(counts[:, 0])
    counts = counts[dealt] / np.sqrt(np.maximum(counts.sum(axis=0), 1))  # each stratum counts alike
    best, best_cost = np.zeros(0, dtype=int), np.inf
    for _ in range(max(1, min(_TRIES, 20_000 // len(dealt)))):
        parts = np.full(len(dealt), -1)
        held = np.zeros((len(shares), counts.shape[1]))
        for group in random.permutation(len(dealt)):
            added = (2 * held @ counts[group] + counts[group] @ counts[group]) / shares
            parts[group] = np.argmin(added)
            held[parts[group]] += counts[group]
        cost = float((held**2 / shares[:, None]).sum())
        if cost < best_cost:
            best, best_cost = parts, cost
    for part in np.setdiff1d(np.arange(len(shares)), best):
        fullest = np.flatnonzero(best == np.bincount(best, minlength=len(shares)).argmax())
        best[fullest[np.argmin(counts[fullest, 0])]] = part
    part_of = np.full(codes.max() + 1, -1)
    part_of[dealt] = best
    return part_of[codes]


def _group_counts(keys: Sequence[np.ndarray], codes: np.ndarray, eligible: np.ndarray) -> np.ndarray:
    """`[G, 1 + ...]` eligible rows of each group: all, then by the first key alone, by the first two, and so on."""
    blocks = [np.zeros(len(codes), dtype=np.int64)]
    for key in keys:
        _, joint = np.unique(np.stack([blocks[-1], key], axis=1), axis=0, return_inverse=True)
        sizes = np.bincount(joint)
        rank = np.empty(len(sizes), dtype=np.int64)
        rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
        blocks.append(np.minimum(rank[joint], _MOST_STRATA))  # the rarest count as one
    counts = [
        np.bincount(
            codes[eligible] * (block.max() + 1) + block[eligible], minlength=(codes.max() + 1) * (block.max() + 1)
        )
        for block in blocks
    ]
    return np.concatenate([one.reshape(codes.max() + 1, -1) for one in counts], axis=1).astype(float)
