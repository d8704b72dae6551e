"""An array from a `.npy` file; nothing in it is run."""

from __future__ import annotations

import io
from pathlib import Path
from tokenize import TokenError

import numpy as np

from polymodal.schema.cells import Unreadable

# What NumPy raises on a header of nonsense, which it reads as Python.
BROKEN = (
    *(OSError, ValueError, EOFError, SyntaxError, TokenError),
    *(KeyError, TypeError, MemoryError, OverflowError, RecursionError),
)
_START = b"\x93NUMPY"


def array_from(source: Path | bytes, path: str | None = None) -> np.ndarray:
    """The array of a file or its bytes. Raises Unreadable for every other file, one cut off, one of Python objects."""
    path = str(source) if isinstance(source, Path) else path
    try:
        data = source.read_bytes() if isinstance(source, Path) else source
        if not data:
            raise Unreadable("the file is empty", path)
        if not data.startswith(_START):  # which NumPy would take for a pickle
            raise Unreadable("not a readable array: it is no .npy file", path)
        found: np.ndarray = np.load(io.BytesIO(data), allow_pickle=False)
        return found
    except BROKEN as error:
        said = "it holds Python objects, which are not read" if "allow_pickle" in str(error) else str(error)
        raise Unreadable(f"not a readable array: {said}", path) from error
