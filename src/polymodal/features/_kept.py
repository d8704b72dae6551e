"""What was once computed of a prepared array, kept for as long as the array lives."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

import numpy as np

Row = tuple[np.ndarray, ...]
Value = TypeVar("Value", bound=Row)

_MOST_BYTES = 1 << 28  # of all that one kind of features keeps


class Kept(Generic[Value]):
    """A memory for what a cell says by itself, whatever rows it is learnt with.

    Every fold of a fit, and the last fit of all, describes the same arrays; only what is made of the descriptions
    differs. When full, what is new is computed anew each time.

    >>> kept = Kept()
    >>> arrays = [np.arange(3.0), np.arange(5.0)]
    >>> [total for (total,) in kept.of(arrays, lambda some: [(one.sum(),) for one in some])]
    [np.float64(3.0), np.float64(10.0)]
    >>> len(kept)
    2
    >>> del arrays
    >>> len(kept)
    0
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._values: dict[Hashable, tuple[weakref.ref[np.ndarray], Value]] = {}
        self._left = most_bytes

    def __len__(self) -> int:
        return len(self._values)

    def of(
        self, arrays: Sequence[np.ndarray], compute: Callable[[list[np.ndarray]], Sequence[Value]], *settings: Hashable
    ) -> list[Value]:
        """One value an array; `compute` is asked for those not known under these settings, in their order."""
        keys = [(id(array), *settings) for array in arrays]
        found = [self._known(key, array) for key, array in zip(keys, arrays, strict=True)]
        asked = [place for place, value in enumerate(found) if value is None]
        if asked:
            for place, value in zip(asked, compute([arrays[place] for place in asked]), strict=True):
                found[place] = value
                self._keep(keys[place], arrays[place], value)
        return [value for value in found if value is not None]

    def _known(self, key: Hashable, array: np.ndarray) -> Value | None:
        entry = self._values.get(key)
        return entry[1] if entry is not None and entry[0]() is array else None

    def _keep(self, key: Hashable, array: np.ndarray, value: Value) -> None:
        size = sum(np.asarray(part).nbytes for part in value)
        if size > self._left or key in self._values:
            return
        self._left -= size
        self._values[key] = (weakref.ref(array, lambda _: self._forget(key, size)), value)

    def _forget(self, key: Hashable, size: int) -> None:
        if self._values.pop(key, None) is not None:
            self._left += size
