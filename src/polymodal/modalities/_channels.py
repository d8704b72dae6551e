"""A raw cell of a series as channels: named or not, with times, with a rate, or with neither."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from polymodal.modalities._clocks import Block, instants
from polymodal.modalities._recordings import array_or_none, column_or_none
from polymodal.schema.cells import Unreadable, is_absent

TIME_NAMES = ("time", "times", "timestamp", "timestamps", "datetime", "t")


def is_plain(raw: Any) -> bool:
    """Whether a raw cell is an array or a list, which says nothing but its values."""
    if isinstance(raw, np.ndarray) and raw.dtype.names is not None:
        return False
    return isinstance(raw, (list, np.ndarray)) and not _is_records(raw)


def is_pair(raw: Any) -> bool:
    """Whether it is `(times, values)`: a tuple of two lists or arrays, the first of them flat."""
    lists = (list, tuple, np.ndarray, pd.Series, pd.Index)
    if not (isinstance(raw, tuple) and len(raw) == 2 and all(isinstance(one, lists) for one in raw)):
        return False
    times = raw[0]
    if isinstance(times, np.ndarray):
        return times.ndim == 1
    return not any(isinstance(one, (list, tuple, np.ndarray)) for one in times)


def blocks_of(raw: Any, time: str | None, unit: str, channels: Sequence[str] = ()) -> list[Block]:
    """The channels of a cell, those of one clock together. Raises Unreadable for what is no series.

    `time` names the column of times; None looks for one of TIME_NAMES. Columns beside any of `channels` are not read.

    >>> [(one.names, one.values.shape) for one in blocks_of({"t": [0, 1], "hr": [60, None]}, None, "s")]
    [(('hr',), (2, 1))]
    """
    named = _named(raw)
    if named is None:
        return [_unnamed(raw, unit)]
    columns, index = named
    key = time if time is not None else next((one for one in TIME_NAMES if one in columns), None)
    if key is not None and key not in columns:
        if index is None and not all(_own_clock(column) for column in columns.values()):
            raise Unreadable(f"no column {time!r} of times; there are {', '.join(map(repr, list(columns)[:10]))}")
        key = None
    clock = columns[key] if key is not None else index
    if any(name in columns for name in channels):
        columns = {name: column for name, column in columns.items() if name in channels}
    shared = {name: column for name, column in columns.items() if name != key and not _own_clock(column)}
    own = {name: column for name, column in columns.items() if name != key and _own_clock(column)}
    found = []
    for name, column in own.items():
        block = _unnamed(column, unit)
        if block.values.shape[1] != 1:
            raise Unreadable(f"channel {name!r} holds {block.values.shape[1]} columns; one is expected")
        found.append(Block(block.values, (name,), block.times, block.is_dated, block.rate))
    shared = {name: column for name, column in shared.items() if not is_absent(column)}
    if shared:
        found.insert(0, _by_one_clock(shared, clock, unit))
    if not found:
        found = [Block(np.zeros((0, 0)), ())]
    return found


def is_timed(raw: Any) -> bool:
    """Whether a raw cell says by itself when its values were: numbers by times, none of them in question."""
    if isinstance(raw, (str, bytes)) or is_plain(raw):
        return False
    try:
        blocks = blocks_of(raw, None, "s")
    except Unreadable:
        return False
    return any(len(one.values) for one in blocks) and all(one.times is not None for one in blocks)


def in_order(blocks: Sequence[Block]) -> bool:
    """Whether times ascend."""
    return all(block.times is None or bool((np.diff(block.times) >= 0).all()) for block in blocks)


def chosen(blocks: Sequence[Block], channels: Sequence[str]) -> list[Block]:
    """The same with the columns `channels` alone, where they have names. Raises Unreadable when none is left.

    Channels that go by position have to be as many as `channels`, and are taken for them.
    """
    if not channels:
        return list(blocks)
    found = []
    for block in blocks:
        if block.names is None:
            if block.values.shape[1] != len(channels):
                raise Unreadable(f"{len(channels)} channels are expected, {block.values.shape[1]} came")
            found.append(replace(block, names=tuple(channels)))
            continue
        kept = [place for place, name in enumerate(block.names) if name in channels]
        if kept:
            names = tuple(block.names[place] for place in kept)
            found.append(replace(block, names=names, values=block.values[:, kept]))
    given = [name for block in blocks for name in block.names or ()]
    if not found and given:
        raise Unreadable(f"channels {', '.join(channels)} are expected, {', '.join(given[:10])} came")
    return found


def laid_out(values: np.ndarray, blocks: Sequence[Block], channels: Sequence[str]) -> np.ndarray:
    """`[T, C]` in the order of `channels`, NaN for one that is not there, of columns in the order of the blocks."""
    if not channels:
        return values
    found = np.full((len(values), len(channels)), np.nan)
    for place, name in enumerate(name for block in blocks for name in block.names or ()):
        found[:, channels.index(name)] = values[:, place]
    return found


def bare(raw: Any, time: str | None = None) -> Any:
    """The same cell made of arrays, lists, tuples and dicts alone, as a store can keep it."""
    if isinstance(raw, pd.DataFrame):
        columns, index = _named(raw) or ({}, None)
        names = TIME_NAMES if time is None else (time,)
        clock = {} if index is None or columns.keys() & set(names) else {names[0]: index}
        return {name: bare(column) for name, column in {**clock, **columns}.items()}
    if isinstance(raw, pd.DatetimeIndex):
        return (raw if raw.tz is None else raw.tz_convert("UTC").tz_localize(None)).to_numpy()
    if isinstance(raw, pd.Series) and isinstance(raw.index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        return bare(raw.index), bare(raw.reset_index(drop=True))
    if isinstance(raw, (pd.Series, pd.Index)):
        if isinstance(raw.dtype, pd.DatetimeTZDtype):
            return bare(pd.DatetimeIndex(raw))
        return raw.to_numpy() if isinstance(raw.dtype, np.dtype) and raw.dtype.kind in "biufmM" else raw.tolist()
    if isinstance(raw, np.ndarray) and raw.dtype.names is not None:
        return {name: bare(raw[name]) for name in raw.dtype.names}
    if isinstance(raw, Mapping):
        return {name: bare(column) for name, column in raw.items()}
    if isinstance(raw, (list, tuple)) and any(not isinstance(one, (int, float)) for one in raw[:3]):
        return type(raw)(_bare_item(one) for one in raw)
    return raw


def _bare_item(one: Any) -> Any:
    return one if one is None or isinstance(one, (int, float, str)) else bare(one)


def _named(raw: Any) -> tuple[dict[str, Any], pd.Index | None] | None:
    """Columns by name, and the index where that is made of times; None for cells without names."""
    if _is_records(raw):
        raw = pd.DataFrame(list(raw))
    if isinstance(raw, pd.DataFrame):
        index = raw.index if isinstance(raw.index, (pd.DatetimeIndex, pd.TimedeltaIndex)) else None
        return {str(name): column.reset_index(drop=True) for name, column in raw.items()}, index
    if isinstance(raw, np.ndarray) and raw.dtype.names is not None:
        return {name: raw[name] for name in raw.dtype.names}, None
    if isinstance(raw, Mapping):
        return {str(name): column for name, column in raw.items()}, None
    return None


def _is_records(raw: Any) -> bool:
    """Whether it is a list of dicts, one a moment, as JSON and Arrow have it."""
    return isinstance(raw, (list, np.ndarray)) and len(raw) > 0 and isinstance(raw[0], dict)


def _own_clock(column: Any) -> bool:
    """Whether a channel brings its own times or rate."""
    has_index = isinstance(column, pd.Series) and isinstance(column.index, (pd.DatetimeIndex, pd.TimedeltaIndex))
    return has_index or is_pair(column) or (isinstance(column, tuple) and len(column) == 2 and _has_rate(column))


def _unnamed(raw: Any, unit: str) -> Block:
    """One block of channels that go by position."""
    if isinstance(raw, pd.Series):
        has_times = isinstance(raw.index, (pd.DatetimeIndex, pd.TimedeltaIndex))
        return _unnamed((raw.index, raw.tolist()) if has_times else raw.tolist(), unit)
    if isinstance(raw, tuple) and len(raw) == 2 and _has_rate(raw):
        rate = float(raw[1])
        if not (np.isfinite(rate) and rate > 0):
            raise Unreadable(f"a rate is a number above 0, {raw[1]!r} came")
        return Block(_values(raw[0]), rate=rate)
    if is_pair(raw):
        times, is_dated = instants(raw[0], unit)
        values = _values(raw[1])
        if len(times) != len(values):
            raise Unreadable(f"{len(times)} times came for {len(values)} values")
        return Block(values, times=times, is_dated=is_dated)
    return Block(_values(raw))


def _by_one_clock(columns: Mapping[str, Any], clock: Any, unit: str) -> Block:
    arrays = {name: column_or_none(column) for name, column in columns.items()}
    wrong = [name for name, array in arrays.items() if array is None]
    if wrong:
        raise Unreadable(f"channel {wrong[0]!r} is not made of numbers; leave out what is none")
    lengths = {name: len(array) for name, array in arrays.items() if array is not None}
    times, is_dated = (None, False) if clock is None else instants(clock, unit)
    expected = next(iter(lengths.values())) if times is None else len(times)
    for name, length in lengths.items():
        if length != expected:
            advice = "give channels with clocks of their own as (times, values)"
            raise Unreadable(f"channel {name!r} has {length} values where {expected} are expected; {advice}")
    values = np.column_stack([array for array in arrays.values() if array is not None])
    return Block(values, tuple(columns), times, is_dated)


def _values(raw: Any) -> np.ndarray:
    array = array_or_none(raw.tolist() if isinstance(raw, (pd.Series, pd.Index)) else raw)
    if array is None or array.ndim not in (1, 2):
        shape = "" if array is None else f" of shape {list(array.shape)}"
        raise Unreadable(f"numbers [time] or [time, channels] are expected, {type(raw).__name__}{shape} came")
    return array[:, None] if array.ndim == 1 else array


def _has_rate(pair: Sequence[Any]) -> bool:
    first, second = pair
    is_number = isinstance(second, numbers.Real) and not isinstance(second, (bool, np.bool_))
    return is_number and isinstance(first, (list, tuple, np.ndarray, pd.Series))
