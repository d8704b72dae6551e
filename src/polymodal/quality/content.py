"""The cells of one modality, of one table or of two on top of each other, and which of them tell rows apart."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from polymodal.modalities._timed import CHANNEL, VALUE
from polymodal.schema.cells import Unreadable
from polymodal.schema.modality import Modality, Statistics
from polymodal.schema.table import Table

_FLAT_PICTURE = 8.0  # spread of the colours, of 255, below which a picture shows nothing
_FLAT_SERIES = 0.05  # of the spread of all series, or of all recordings
_FEW_WORDS = 3


@dataclass(frozen=True)
class Content:
    """The present cells of one modality.

    Attributes:
        name, modality, statistics: what they are.
        samples: K decoded cells.
        arrays: the same, prepared.
        rows: `[K]` where they stand, ascending, counting through all tables.
    """

    name: str
    modality: Modality
    statistics: Statistics
    samples: Sequence[Any]
    arrays: Sequence[np.ndarray]
    rows: np.ndarray

    @classmethod
    def of(cls, name: str, tables: Sequence[Table]) -> Content:
        """One modality of tables with the same schema; a cell that cannot be read is not there."""
        modality = tables[0].schema.modalities[name]
        every = [sample for table in tables for sample in table.cells(name).samples]
        here = np.flatnonzero(np.concatenate([table.cells(name).present for table in tables])).tolist()
        statistics = modality.measure([every[row] for row in here])
        samples, arrays, rows = [], [], []
        for row in here:
            try:
                arrays.append(modality.prepare(every[row], statistics))
            except Unreadable:
                continue
            samples.append(every[row])
            rows.append(row)
        return cls(name, modality, statistics, samples, arrays, np.array(rows, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.rows)

    def places(self, n_rows: int) -> np.ndarray:
        """`[N]` the cell of each row, -1 where it has none."""
        places = np.full(n_rows, -1)
        places[self.rows] = np.arange(len(self))
        return places

    def digests(self) -> np.ndarray:
        """`[K]` int: the same number for the same content."""
        return np.unique([_digest(sample) for sample in self.samples], return_inverse=True)[1].ravel()

    def tells(self) -> np.ndarray:
        """`[K]` bool: False where a cell is flat or almost empty, and alike to others of its sort for no reason."""
        kind = self.modality.item.kind
        told = "series_timed" if getattr(self.modality.item, "irregular", False) else kind
        if kind == self.modality.kind:
            return np.array([_tells(told, array) for array in self.arrays], dtype=bool)
        return np.array([any(_tells(told, one) for one in items) for items in self.arrays], dtype=bool)


def _digest(sample: Any) -> bytes:
    content = hashlib.blake2b(digest_size=16)
    if isinstance(sample, list):  # several items, whose order says nothing
        content.update(b"".join(sorted(_digest(one) for one in sample if one is not None)))
    elif isinstance(sample, np.ndarray):
        content.update(f"{sample.dtype}{sample.shape}".encode() + np.ascontiguousarray(sample).tobytes())
    else:
        content.update(repr(sample).encode("utf-8", "surrogatepass"))
    return content.digest()


def _tells(kind: str, array: np.ndarray) -> bool:
    if kind == "image":
        return bool(array.reshape(-1, array.shape[-1]).std(axis=0).max() >= _FLAT_PICTURE)
    if kind == "video":
        return bool(array["picture"].reshape(-1, 3).std(axis=0).max() >= _FLAT_PICTURE)
    if kind == "volume":
        return bool(array[1:].any())
    if kind == "audio":
        return bool(array.std() >= _FLAT_SERIES)
    if kind == "series":
        spread = [channel[~np.isnan(channel)].std() for channel in array.T if not np.isnan(channel).all()]
        return bool(spread) and bool(max(spread) >= _FLAT_SERIES)
    if kind == "series_timed":
        channels = array[:, CHANNEL]
        return any(array[channels == one, VALUE].std() >= _FLAT_SERIES for one in np.unique(channels))
    return kind != "text" or len(array) - 1 >= _FEW_WORDS
