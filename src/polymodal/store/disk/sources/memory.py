"""Rows of a table in memory, whose files are not."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from polymodal.schema.cells import is_absent
from polymodal.store.disk.cell import to_bytes
from polymodal.store.disk.sources._rows import Rows, digest


class MemoryRows(Rows):
    """A frame, and the folder of its files."""

    def __init__(self, frame: pd.DataFrame, files: Path | None) -> None:
        self.frame, self.files = frame, files
        self.heavy, self.types = {}, {}

    def take(self, rows: np.ndarray) -> pd.DataFrame:
        return self.frame.iloc[rows]

    @cached_property
    def fingerprint(self) -> str:
        return digest(content_of(self.frame), len(self), str(self.files and self.files.resolve()))


def content_of(frame: pd.DataFrame) -> bytes:
    """A digest of names, types and cells of a frame."""
    content = hashlib.blake2b(digest_size=16)
    for name, values in (("", frame.index.to_series()), *frame.items()):
        content.update(f"{name!r} {values.dtype}".encode("utf-8", "surrogatepass"))
        if isinstance(values.dtype, np.dtype) and values.dtype.kind in "biufmM":
            content.update(values.to_numpy().tobytes())
            continue
        for raw in values.tolist():
            try:
                data = b"" if is_absent(raw) else to_bytes(raw)
            except TypeError:
                data = repr(raw).encode("utf-8", "surrogatepass")
            content.update(len(data).to_bytes(8, "little") + data)
    return content.digest()
