"""A raw cell as bytes and back: files as they are, arrays as their memory, everything else as JSON; nothing is run.

What is no file opens with a mark, then the length of a JSON header, the header, and the memory of the arrays in it.
"""

from __future__ import annotations

import datetime
import decimal
import json
import struct
import uuid
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from polymodal.modalities._pyramid import Levels
from polymodal.schema.cells import Broken

_MARK = b"\xffPM\x01"
_LENGTH = struct.Struct("<I")
_FEW = 8  # numbers in a list, from which on their memory is smaller than their digits
# What a header of nonsense leads to.
_DAMAGED = (ValueError, KeyError, TypeError, IndexError, AttributeError, ArithmeticError, RecursionError, struct.error)
_PLAIN = "biufcmMSU"  # kinds of arrays whose memory says everything


def to_bytes(raw: Any) -> bytes:
    """A raw cell as bytes. Raises TypeError for one that cannot be written down.

    >>> to_bytes(b"GIF89a..."), from_bytes(to_bytes({"rate": 8000, "ids": [1, None]}))
    (b'GIF89a...', {'rate': 8000, 'ids': [1, None]})
    >>> from_bytes(to_bytes(np.float32([0.5, np.nan])))
    array([0.5, nan], dtype=float32)
    """
    if isinstance(raw, (bytes, bytearray, memoryview)):
        data = bytes(raw)
        if not data.startswith(_MARK):
            return data
    buffers: list[bytes] = []
    try:
        header = json.dumps(_described(raw, buffers), separators=(",", ":")).encode("ascii")
    except (ValueError, RecursionError) as error:  # whole numbers of thousands of digits; a list within itself
        raise TypeError(str(error)) from error
    return b"".join([_MARK, _LENGTH.pack(len(header)), header, *buffers])


def from_bytes(data: bytes | memoryview) -> Any:
    """What `to_bytes` wrote down; the levels of a picture stay where they are in memory, all else is copied from there.

    Raises ValueError for bytes that it cannot have written.
    """
    if data[: len(_MARK)] != _MARK:
        return bytes(data)
    try:
        (length,) = _LENGTH.unpack_from(data, len(_MARK))
        start = len(_MARK) + _LENGTH.size
        return _Reader(data, start + length).restored(json.loads(bytes(data[start : start + length])))
    except _DAMAGED as error:
        raise ValueError(f"a stored cell is damaged: {error}") from error


def array_in(data: bytes | memoryview) -> np.ndarray | None:
    """The array or list of numbers that a cell is, without a copy and not to be written to; None for other cells.

    >>> array_in(to_bytes(np.arange(3, dtype=np.int16))), array_in(b"GIF89a...")
    (array([0, 1, 2], dtype=int16), None)
    """
    if data[: len(_MARK)] != _MARK:
        return None
    (length,) = _LENGTH.unpack_from(data, len(_MARK))
    start = len(_MARK) + _LENGTH.size
    described = _array_described(bytes(data[start : start + length]))
    if described is None:
        return None
    kind, shape, count = described
    return np.frombuffer(data, dtype=kind, count=count, offset=start + length).reshape(shape)


@lru_cache(maxsize=4096)
def _array_described(header: bytes) -> tuple[np.dtype, tuple[int, ...], int] | None:
    """Type, shape and size of a cell that is one array of numbers; many cells share a header."""
    told = json.loads(header)
    if not isinstance(told, dict) or next(iter(told)) not in ("array", "numbers"):
        return None
    name, lengths = next(iter(told.values()))
    kind, shape = np.dtype(name), tuple(lengths)
    count = int(np.prod(shape, dtype=np.int64))
    return (kind, shape, count) if kind.kind in "biuf" and count else None


def _described(raw: Any, buffers: list[bytes]) -> Any:
    """As JSON: what JSON has no word for is an object of one key that says what it is."""
    if raw is None or raw is pd.NA or raw is pd.NaT:
        return None
    kind = type(raw)
    if kind in (bool, int, float, str):
        return raw
    if kind is list:
        packed = _packed(raw)
        if packed is not None:
            return {"numbers": _buffered(packed, buffers)}
        return [_described(one, buffers) for one in raw]
    if isinstance(raw, np.ndarray) and raw.dtype == object:
        return {"objects": [list(raw.shape), [_described(one, buffers) for one in raw.ravel()]]}
    if isinstance(raw, (np.ndarray, np.generic)) and raw.dtype.kind in _PLAIN:
        return {"array" if isinstance(raw, np.ndarray) else "scalar": _buffered(np.asarray(raw), buffers)}
    if isinstance(raw, (bytes, bytearray, memoryview)):
        return {"bytes": _buffered(np.frombuffer(bytes(raw), dtype=np.uint8), buffers)}
    if isinstance(raw, dict):
        return {"dict": [[_described(key, buffers), _described(one, buffers)] for key, one in raw.items()]}
    if isinstance(raw, Levels):
        buffers.extend(raw)
        return {"files": list(map(len, raw))}
    if isinstance(raw, (tuple, list)):
        return {"tuple": [_described(one, buffers) for one in raw]}
    if isinstance(raw, (set, frozenset)):
        ordered = sorted(raw, key=repr)  # sets have no order; equal ones are to be equal bytes
        return {"set" if isinstance(raw, set) else "frozenset": [_described(one, buffers) for one in ordered]}
    if isinstance(raw, Broken):
        return {"broken": [raw.reason, raw.path]}
    if isinstance(raw, pd.Timestamp):
        return {"timestamp": raw.isoformat()}
    if isinstance(raw, datetime.datetime):
        return {"datetime": raw.isoformat()}
    if isinstance(raw, datetime.date):
        return {"date": raw.isoformat()}
    if isinstance(raw, (uuid.UUID, decimal.Decimal)):
        return {"uuid" if isinstance(raw, uuid.UUID) else "decimal": str(raw)}
    if hasattr(raw, "tocsr"):
        rows = raw.tocsr()
        parts = [_buffered(np.asarray(part), buffers) for part in (rows.data, rows.indices, rows.indptr)]
        return {"sparse": [list(rows.shape), parts]}
    for plain in (bool, int, float, str):  # subclasses, such as str of NumPy and of enumerations
        if isinstance(raw, plain):
            return plain(raw)
    raise TypeError(f"{kind.__module__}.{kind.__qualname__} cannot be written down")


def _packed(raw: list[Any]) -> np.ndarray | None:
    """A list of nothing but floats, or of nothing but whole numbers, as an array."""
    kinds = set(map(type, raw)) if len(raw) >= _FEW else set()
    if kinds == {float}:
        return np.array(raw, dtype=np.float64)
    if kinds == {int} and min(raw) >= -(2**63) and max(raw) < 2**63:
        return np.array(raw, dtype=np.int64)
    return None


def _buffered(array: np.ndarray, buffers: list[bytes]) -> list[Any]:
    buffers.append(array.tobytes())
    return [array.dtype.str, list(array.shape)]


class _Reader:
    """Takes arrays off the bytes in the order in which they were put there."""

    def __init__(self, data: bytes | memoryview, start: int) -> None:
        self.data, self.at = data, start

    def restored(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self.restored(one) for one in node]
        if not isinstance(node, dict):
            return node
        ((kind, held),) = node.items()
        match kind:
            case "array":
                return self._array(held)
            case "scalar":
                return self._array(held)[()]
            case "numbers":
                return self._array(held).tolist()
            case "bytes":
                return bytes(self._file(*held[1]))
            case "files":
                return Levels([self._file(count) for count in held])
            case "objects":
                return self._objects(*held)
            case "dict":
                return {self.restored(key): self.restored(one) for key, one in held}
            case "tuple":
                return tuple(self.restored(one) for one in held)
            case "set" | "frozenset":
                return {"set": set, "frozenset": frozenset}[kind](self.restored(one) for one in held)
            case "broken":
                return Broken(*held)
            case "sparse":
                return self._sparse(*held)
        return _WRITTEN[kind](held)

    def _array(self, described: list[Any]) -> np.ndarray:
        kind, shape = np.dtype(described[0]), tuple(described[1])
        count = int(np.prod(shape, dtype=np.int64))
        array = np.frombuffer(self.data, dtype=kind, count=count, offset=self.at) if count else np.zeros(0, kind)
        self.at += array.nbytes
        return array.reshape(shape).copy()  # a cell of its own, aligned and free to be written to

    def _file(self, count: int) -> memoryview:
        found = memoryview(self.data)[self.at : self.at + count]
        if len(found) != count:
            raise ValueError(f"{count} bytes were written and {len(found)} are there")
        self.at += count
        return found

    def _objects(self, shape: list[int], items: list[Any]) -> np.ndarray:
        array = np.empty(len(items), dtype=object)
        for place, one in enumerate(items):
            array[place] = self.restored(one)
        return array.reshape(shape)

    def _sparse(self, shape: list[int], parts: list[Any]) -> Any:
        from scipy.sparse import csr_array

        data, indices, pointers = (self._array(part) for part in parts)
        return csr_array((data, indices, pointers), shape=tuple(shape))


_WRITTEN: dict[str, Callable[[str], Any]] = {
    "timestamp": pd.Timestamp,
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "uuid": uuid.UUID,
    "decimal": decimal.Decimal,
}
