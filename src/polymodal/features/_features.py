"""What every kind of plain features is: prepared cells as numbers that models other than networks learn from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
from scipy.sparse import csr_matrix

from polymodal.features._counts import Counts

Matrix: TypeAlias = np.ndarray | csr_matrix


class Features(ABC):
    """Prepared arrays of one modality -> a wide matrix for linear models and a compact one for trees.

    A subclass is a frozen dataclass whose fields are numpy arrays and plain JSON values, so that every kind is saved
    alike. `measure` looks at training rows only; what they lack cannot be known later.
    """

    kinds: ClassVar[tuple[str, ...]]
    is_counted: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def measure(cls, arrays: Sequence[np.ndarray], statistics: Any, seed: int) -> Features:
        """Whatever must be known of the training rows (present cells only, at least one)."""

    @abstractmethod
    def wide(self, arrays: Sequence[np.ndarray]) -> Matrix:
        """`[n, W]` float32, many columns of about unit spread over the training rows; no gaps, zero is neutral."""

    @abstractmethod
    def compact(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        """`[n, C]` float32, at most about 150 columns; NaN is a gap."""

    def counts(self, arrays: Sequence[np.ndarray]) -> Counts:
        """What stands in the cells, under names that other columns share: nothing, unless `is_counted` says so."""
        nothing = np.zeros(0, dtype=np.int64)
        return Counts.of(nothing, nothing, len(arrays))

    @property
    def categorical(self) -> tuple[int, ...]:
        """Columns of the compact matrix that hold codes from 0."""
        return ()

    def export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and JSON values that `restore` takes back."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}  # type: ignore[arg-type]
        arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
        return arrays, {name: value for name, value in values.items() if name not in arrays}

    @classmethod
    def restore(cls, arrays: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> Self:
        """What `export` wrote down."""
        return cls(**arrays, **config)
