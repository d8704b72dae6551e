"""The rows of one clock in the order of their times, and of their keys and times."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import numpy as np

from polymodal.align.clock._order import ascending, by_key

_MANY = 100_000  # times, from which on it pays to ask for them in order


class Timeline:
    """Rows of one clock; of one time, in the order they came.

    `times [m]` are of one dtype with what is asked for later; `keys [m]` are int64 from 0 on without gaps, or None.
    `known [m]` says when a row became known, where that is not its time.
    """

    def __init__(self, times: np.ndarray, keys: np.ndarray | None = None, known: np.ndarray | None = None) -> None:
        self.raw_times, self.raw_keys, self.raw_known = times, keys, known

    def __len__(self) -> int:
        return len(self.raw_times)

    @cached_property
    def by_time(self) -> np.ndarray | None:
        """Positions by time; None where they came so."""
        return ascending(self.raw_times)

    @cached_property
    def order(self) -> np.ndarray | None:
        """Positions by key and time; None where they came so."""
        if self.raw_keys is None:
            return self.by_time
        by_time = self.by_time
        return by_key(self.raw_keys) if by_time is None else by_time[by_key(self.raw_keys[by_time])]

    @cached_property
    def times(self) -> np.ndarray:
        """Of rows by key and time."""
        return self._ordered(self.raw_times)

    @cached_property
    def known(self) -> np.ndarray | None:
        """When rows by key and time became known."""
        return None if self.raw_known is None else self._ordered(self.raw_known)

    def ends(self, times: np.ndarray, keys: np.ndarray | None, side: Literal["left", "right"]) -> np.ndarray:
        """How many rows by key and time come before each time, those of smaller keys included."""
        if self.raw_keys is None or keys is None:
            return np.searchsorted(self.times, times, side)
        levels, places, _ = self._places
        wanted = keys * (len(levels) + 1) + np.searchsorted(levels, times, side)
        if len(wanted) < _MANY:
            return np.searchsorted(places, wanted)
        # What is asked for in order is found several times as fast, since it lies close together.
        order = by_key(keys)
        found = np.empty(len(wanted), dtype=np.int64)
        found[order] = np.searchsorted(places, wanted[order])
        return found

    def span(self, keys: np.ndarray | None) -> tuple[np.ndarray | int, np.ndarray | int]:
        """The first row by key and time of each key, and the one after its last."""
        if self.raw_keys is None or keys is None:
            return 0, len(self)
        bounds = self._places[2]
        return bounds[keys], bounds[keys + 1]

    def positions(self, ordered: np.ndarray) -> np.ndarray:
        """Of rows by key and time, as they came."""
        return ordered if self.order is None else self.order[ordered]

    def repeats(self) -> int:
        """Rows that have the key and the time of an earlier one."""
        order, times = self.by_time, self.raw_times
        times = times if order is None else times[order]
        is_same = times[1:] == times[:-1]
        if self.raw_keys is None or not is_same.any():
            return int(is_same.sum())
        tied = np.flatnonzero(np.append(is_same, False) | np.insert(is_same, 0, False))
        ranks = np.cumsum(~np.insert(is_same, 0, False))[tied]
        keys = self.raw_keys[tied if order is None else order[tied]]
        places = np.sort(ranks * (int(keys.max()) + 1) + keys)
        return int((places[1:] == places[:-1]).sum())

    def _ordered(self, values: np.ndarray) -> np.ndarray:
        return values if self.order is None else values[self.order]

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Times that there are, one number for key and time of each row, and the bounds of each key."""
        assert self.raw_keys is not None
        keys, levels = self._ordered(self.raw_keys), np.unique(self.raw_times)
        # One number for key and time, so that one search finds both.
        places = keys * (len(levels) + 1) + np.searchsorted(levels, self.times)
        bounds = np.searchsorted(keys, np.arange(int(keys[-1]) + 2 if len(keys) else 1))
        return levels, places, bounds
