"""Arrays in JSON: short ones as lists a person can read, long ones as base64; nothing is lost."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from polymodal.errors import DataError

_READABLE = 200  # numbers, up to which they are written out


def encoded(array: np.ndarray) -> Any:
    """Lists, or the shape and the bytes.

    >>> encoded(np.eye(2))
    [[1.0, 0.0], [0.0, 1.0]]
    """
    if array.size <= _READABLE:
        return array.tolist()
    data = np.ascontiguousarray(array, dtype="<f8").tobytes()
    return {"shape": list(array.shape), "float64": base64.b64encode(data).decode("ascii")}


def decoded(given: Any, name: str, axes: int) -> np.ndarray:
    """Float64 array of so many axes; raises DataError for another shape, damaged bytes and values that are not finite.

    >>> decoded([[1.0, 0.0], [0.0, 1.0]], "matrix", 2).shape
    (2, 2)
    """
    if isinstance(given, Mapping):
        array = _from_bytes(given, name)
    else:
        try:
            array = np.array(given, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(f"{name!r} is not an array of numbers: {error}") from error
    if array.ndim != axes:
        raise DataError(f"{name!r} has {array.ndim} axes, and {axes} are asked for")
    if not np.isfinite(array).all():
        raise DataError(f"{name!r} holds values that are not finite")
    return array


def _from_bytes(given: Mapping[str, Any], name: str) -> np.ndarray:
    shape, text = given.get("shape"), given.get("float64")
    whole = isinstance(shape, list) and all(type(one) is int and one >= 0 for one in shape)
    if not whole or not isinstance(text, str):
        raise DataError(f"{name!r} is not an array: lists of numbers, or 'shape' and 'float64' are asked for")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise DataError(f"the bytes of {name!r} are damaged: {error}") from error
    if len(data) != 8 * prod(shape or []):
        raise DataError(f"{name!r} has {len(data):,} bytes, and its shape {shape} asks for {8 * prod(shape or []):,}")
    return np.frombuffer(data, dtype="<f8").reshape(shape).astype(np.float64)
