"""What is asked of a source: what its columns are, and any rows of it in full."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from polymodal.errors import SchemaError

SEEN = 200  # rows of which heavy cells are read to tell what they are


class Rows(ABC):
    """N rows that need not be in memory.

    Attributes:
        frame: all rows, in which heavy columns hold the cells of the first rows only.
        heavy: heavy columns and their form on disk, "text" or "cells".
        files: the folder that path cells start from.
        types: modality of columns whose kind the source knows.
    """

    frame: pd.DataFrame
    heavy: Mapping[str, str]
    files: Path | None
    types: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.frame)

    @abstractmethod
    def take(self, rows: np.ndarray) -> pd.DataFrame:
        """Rows by position, with every cell; called from several threads at once."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Another one for a source of other content."""

    def order(self, random: np.random.Generator) -> np.ndarray:
        """`[N]` all positions in a random order, in which they can be read at little cost."""
        return random.permutation(len(self))


def with_heavy(frame: pd.DataFrame, heavy: Mapping[str, list[Any]]) -> pd.DataFrame:
    """The frame with further columns, of each of which only the first cells are known.

    Raises SchemaError for a name that is there already.
    """
    twice = [name for name in heavy if name in frame.columns]
    if twice:
        raise SchemaError(f"the source has two columns named {', '.join(map(repr, twice))}; rename one of each")
    columns = {}
    for name, cells in heavy.items():
        column = np.full(len(frame), None, dtype=object)
        for row, cell in enumerate(cells):
            column[row] = cell
        columns[name] = pd.Series(column, index=frame.index, dtype=object)
    return pd.concat([frame, pd.DataFrame(columns, index=frame.index)], axis=1) if columns else frame


def replaced(frame: pd.DataFrame, heavy: Mapping[str, list[Any]]) -> pd.DataFrame:
    """Some rows with the cells of their heavy columns."""
    columns = {}
    for name, cells in heavy.items():
        column = np.empty(len(frame), dtype=object)
        for row, cell in enumerate(cells):
            column[row] = cell
        columns[name] = pd.Series(column, index=frame.index, dtype=object)
    return frame.assign(**columns)


def digest(*parts: Any) -> str:
    """Of anything whose `repr` tells it from others; frames by their content."""
    content = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part if isinstance(part, bytes) else repr(part).encode("utf-8", "surrogatepass")
        content.update(len(data).to_bytes(8, "little") + data)
    return content.hexdigest()
