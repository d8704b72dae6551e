"""Memory that batches are decoded into, used again as soon as nothing refers to it any more."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque
from typing import Any

import numpy as np
import torch

_LEAST, _LARGEST = 2**15, 2**25  # bytes; what is smaller costs less to make than to look for, what is larger to fill
_MOST_IDLE = 12  # pieces of memory that wait to be used again
_LOOSE = 2  # times as large as needed a piece may be


class Buffers(ABC):
    """Where decoders get the arrays of a batch; any thread may ask."""

    @abstractmethod
    def room(self, shape: tuple[int, ...], kind: np.dtype | type) -> np.ndarray:
        """An array whose content is whatever was there before; nothing else refers to its memory."""


class Reused(Buffers):
    """Memory of this process.

    An array of it, every view, slice and tensor made of one refers to a lease, which gives the memory back as the last
    of them goes: a batch that is still held, or a part of it, is never written over.

    >>> buffers = Reused()
    >>> first = buffers.room((300, 400), np.uint8)
    >>> kept, where = first[10:20], first.ctypes.data
    >>> del first
    >>> buffers.room((300, 400), np.uint8).ctypes.data == where  # a part is still held
    False
    >>> del kept
    >>> where in [buffers.room((300, 400), np.uint8).ctypes.data for _ in range(2)]
    True
    """

    def __init__(self) -> None:
        self._idle: deque[np.ndarray] = deque(maxlen=_MOST_IDLE)  # what is too much is dropped at the other end

    def __reduce__(self) -> tuple[Any, ...]:
        return Reused, ()  # memory stays where it is

    def room(self, shape: tuple[int, ...], kind: np.dtype | type) -> np.ndarray:
        size = math.prod(shape) * np.dtype(kind).itemsize
        if not _LEAST <= size <= _LARGEST:
            return np.empty(shape, dtype=kind)
        leased = np.asarray(_Lease(self._found(size), self._idle))
        return leased[:size].view(kind).reshape(shape)

    def _found(self, size: int) -> np.ndarray:
        """Memory of at least `size` bytes that nobody uses.

        No lock is held, since a lease may come back in the middle of anything; each step on a deque is one by itself.
        """
        for _ in range(len(self._idle)):
            try:
                memory = self._idle.pop()  # the last one to come back, of which caches still hold the most
            except IndexError:  # another thread took it
                break
            if size <= len(memory) <= _LOOSE * size:
                return memory
            self._idle.appendleft(memory)
        step = 2 ** max(size.bit_length() - 3, 12)  # so that batches of nearly the same size share
        return np.empty(-(-size // step) * step, dtype=np.uint8)


class Pinned(Buffers):
    """Memory from which a GPU copies by itself; torch uses it again once nothing refers to it and copies have ended.

    Our own reuse would not know of copies that are under way.
    """

    def room(self, shape: tuple[int, ...], kind: np.dtype | type) -> np.ndarray:
        size = math.prod(shape) * np.dtype(kind).itemsize
        memory = torch.empty(size, dtype=torch.uint8, pin_memory=True)
        found: np.ndarray = memory.numpy().view(kind).reshape(shape)
        return found


class _Lease:
    """What arrays of some memory refer to; memory that none refers to goes back where it is found again."""

    def __init__(self, memory: np.ndarray, idle: deque[np.ndarray]) -> None:
        self._memory, self._idle = memory, idle
        self.__array_interface__ = memory.__array_interface__

    def __del__(self) -> None:
        self._idle.append(self._memory)
