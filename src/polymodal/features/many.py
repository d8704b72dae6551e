"""Several items in a cell: the mean and the largest of each feature over them, and how many they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from scipy.sparse import csr_matrix, hstack

from polymodal.features._features import Features, Matrix
from polymodal.registry import FEATURES
from polymodal.schema.many import ManyStatistics

_SPARSE_COUNT = 0.1  # rows of counted words are of length one, not of unit spread in each column


@FEATURES.register("many")
@dataclass(frozen=True)
class ManyFeatures(Features):
    """Features of items (of the modality `of`), pooled in two ways, which a linear model weighs as it likes (as in
    Gaertner et al. 2002, bags by their moments and extremes).

    Wide: mean and maximum, the latter about its own middle `[W]`, and the log of the count, of which `count` holds mean
    and spread. Compact: mean and maximum of numbers, the commonest of codes, and the count.

    >>> from polymodal.modalities.vector import Vector
    >>> from polymodal.schema.many import Many
    >>> panels = Many(of=Vector(scale="standard"))
    >>> cells = [[np.array([0.0, 4.0])], [np.array([2.0, 0.0]), np.array([0.0, 2.0])]]
    >>> statistics = panels.measure(cells)
    >>> arrays = [panels.prepare(cell, statistics) for cell in cells]
    >>> ManyFeatures.measure(arrays, statistics, seed=0).compact(arrays)[:, -1].tolist()
    [1.0, 2.0]
    """

    kinds: ClassVar[tuple[str, ...]] = ("many",)

    of: str
    features: Features
    middle: np.ndarray
    count: np.ndarray

    @classmethod
    def measure(cls, arrays: Sequence[np.ndarray], statistics: ManyStatistics, seed: int) -> Self:
        features = FEATURES.get(statistics.kind).measure(_flat(arrays), statistics.of, seed)
        counts = np.log([len(one) for one in arrays])
        spread = counts.std()
        bare = cls(statistics.kind, features, np.zeros(0), np.array([counts.mean(), spread if spread > 1e-6 else 1.0]))
        _, largest = bare._pooled(arrays)
        middle = np.zeros(0) if isinstance(largest, csr_matrix) else largest.mean(axis=0)
        return cls(statistics.kind, features, middle, bare.count)

    def wide(self, arrays: Sequence[np.ndarray]) -> Matrix:
        mean, largest = self._pooled(arrays)
        counts = (np.log([len(one) for one in arrays])[:, None] - self.count[0]) / self.count[1]
        if isinstance(largest, csr_matrix):
            return csr_matrix(hstack([mean, largest, csr_matrix(_SPARSE_COUNT * counts)]), dtype=np.float32)
        return np.concatenate([mean, largest - self.middle, counts], axis=1).astype(np.float32)

    def compact(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        each, starts = self.features.compact(_flat(arrays)), _starts(arrays)
        codes = list(self.features.categorical)
        numbers = np.delete(each, codes, axis=1).astype(np.float64)
        known = ~np.isnan(numbers)
        totals = np.add.reduceat(np.where(known, numbers, 0.0), starts)
        n_known = np.add.reduceat(known.astype(np.float64), starts)
        mean = np.divide(totals, n_known, out=np.full_like(totals, np.nan), where=n_known > 0)
        largest = np.fmax.reduceat(numbers, starts)
        common = np.array([[_commonest(part) for part in cell.T] for cell in np.split(each[:, codes], starts[1:])])
        counts = np.array([len(one) for one in arrays])
        blocks = [common.reshape(len(arrays), len(codes)), mean, largest, counts[:, None]]
        return np.concatenate(blocks, axis=1).astype(np.float32)

    @property
    def categorical(self) -> tuple[int, ...]:
        return tuple(range(len(self.features.categorical)))

    def export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        arrays, config = self.features.export()
        own = {"middle": self.middle, "count": self.count}
        return {**own, **{f"of.{name}": one for name, one in arrays.items()}}, {"of": self.of, "features": config}

    @classmethod
    def restore(cls, arrays: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> Self:
        inner = {name.removeprefix("of."): one for name, one in arrays.items() if name.startswith("of.")}
        features = FEATURES.get(config["of"]).restore(inner, config["features"])
        return cls(config["of"], features, arrays["middle"], arrays["count"])

    def _pooled(self, arrays: Sequence[np.ndarray]) -> tuple[Matrix, Matrix]:
        """Mean and maximum `[n, W]` over the items of each cell."""
        each, starts = self.features.wide(_flat(arrays)), _starts(arrays)
        counts = np.array([len(one) for one in arrays], dtype=np.float64)
        if not isinstance(each, csr_matrix):
            return np.add.reduceat(each, starts) / counts[:, None], np.maximum.reduceat(each, starts)
        owner = np.repeat(np.arange(len(arrays)), counts.astype(np.int64))
        shares = csr_matrix((1 / counts[owner], (owner, np.arange(len(owner)))), shape=(len(arrays), len(owner)))
        return csr_matrix(shares @ each), _largest(each, owner, len(arrays))


def _flat(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [one for items in arrays for one in items]


def _starts(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return np.cumsum([0, *(len(one) for one in arrays[:-1])])


def _largest(each: csr_matrix, owner: np.ndarray, size: int) -> csr_matrix:
    """`[size, W]`: the maximum over rows of equal owners; where some have nothing, that is a zero among them."""
    entries = each.tocoo()
    key = owner[entries.row].astype(np.int64) * each.shape[1] + entries.col
    order = np.argsort(key, kind="stable")
    found, first, times = np.unique(key[order], return_index=True, return_counts=True)
    largest = np.maximum.reduceat(entries.data[order], first) if len(found) else entries.data
    rows, columns = found // each.shape[1], found % each.shape[1]
    is_partial = times < np.bincount(owner, minlength=size)[rows]
    largest = np.where(is_partial, np.maximum(largest, 0), largest)
    return csr_matrix((largest, (rows, columns)), shape=(size, each.shape[1]))


def _commonest(codes: np.ndarray) -> float:
    known = codes[~np.isnan(codes)]
    values, counts = np.unique(known, return_counts=True)
    return float(values[counts.argmax()]) if len(known) else np.nan
