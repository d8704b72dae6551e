"""Vectors in memory, searched by FAISS (Douze et al. 2024): the nearest of very many in a few milliseconds.

Nothing of FAISS is written to disk or read from it: its files can make a reader do anything. What is kept are vectors.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from polymodal.crossmodal.probing import QUERIES, GroundTruth, Probing, measured
from polymodal.errors import MissingExtraError, SettingError, near_miss

BACKENDS = ("faiss",)
_BLOCK = 16_384  # vectors compared at once
_ROUNDS, _POINTS = 10, 64  # of the clustering, and vectors for each cluster that it looks at


def checked_backend(backend: str | None) -> str | None:
    """Raises SettingError for one that is unknown, MissingExtraError for one that is not installed."""
    if backend is None:
        return None
    if backend not in BACKENDS:
        raise SettingError(f"backend={backend!r} is unknown. {near_miss(backend, BACKENDS)}")
    faiss()
    return backend


def faiss() -> Any:
    """The package. Raises MissingExtraError without it."""
    try:
        import faiss as package
    except ImportError as error:
        raise MissingExtraError("backend='faiss'", "faiss") from error
    if sys.platform == "darwin":  # its OpenMP and that of torch are two there, and crash when both start threads
        package.omp_set_num_threads(1)
    return package


class FaissSearch:
    """Vectors of length one by modality, in clusters, of which as many are looked into as it takes to find nearly all.

    `columns` are by name the vectors `[n, E]` and the rows `[n]` that they are of, among `n_rows`.
    """

    def __init__(self, columns: Mapping[str, tuple[np.ndarray, np.ndarray]], n_rows: int) -> None:
        self.n_rows = n_rows
        held = {name: one for name, one in columns.items() if len(one[0])}
        self._clusters = {name: _clustered(*one) for name, one in held.items()}
        self._probing = {name: self._measured(name, {other: one[0] for other, one in held.items()}) for name in held}

    def _measured(self, name: str, columns: Mapping[str, np.ndarray]) -> Probing:
        asked, is_own = _asked(columns, name)

        def far(vector: np.ndarray, k: int, probes: int, _: int) -> np.ndarray:
            limits = faiss().SearchParametersIVF(nprobe=probes)
            [likeness], [rows] = self._clusters[name].search(vector[None], k, params=limits)
            return np.asarray(2 - 2 * likeness[rows >= 0])

        return measured(GroundTruth.of(asked, is_own, _blocks(columns[name])), far, self._clusters[name].nlist)

    def near(self, name: str, vector: np.ndarray, k: int, kept: np.ndarray | None) -> np.ndarray:
        """Up to k rows of a column nearest to a direction, among those `kept`."""
        clusters = self._clusters.get(name)
        if clusters is None or (kept is not None and not len(kept)):
            return np.zeros(0, dtype=np.int64)
        package = faiss()
        depth, chosen = float(k), {}
        if kept is not None:
            is_kept = np.zeros(self.n_rows, dtype=bool)
            is_kept[kept] = True
            chosen["sel"] = package.IDSelectorBitmap(np.packbits(is_kept, bitorder="little"))
            depth = k * self.n_rows / len(kept)
        limits = package.SearchParametersIVF(nprobe=self._probing[name].probes(depth), **chosen)
        _, [rows] = clusters.search(np.asarray(vector, dtype=np.float32)[None], k, params=limits)
        return np.asarray(rows[rows >= 0])


def _clustered(values: np.ndarray, rows: np.ndarray) -> Any:
    package = faiss()
    width, n = values.shape[1], len(values)
    # The first one belongs to the second, and must live as long.
    middles = package.IndexFlatIP(width)
    found = package.IndexIVFFlat(middles, width, max(1, round(n**0.5)), package.METRIC_INNER_PRODUCT)
    found.cp.niter, found.cp.spherical = _ROUNDS, True
    found.cp.min_points_per_centroid, found.cp.max_points_per_centroid = 1, _POINTS
    vectors = np.ascontiguousarray(values, dtype=np.float32)
    found.train(vectors)
    found.add_with_ids(vectors, rows.astype(np.int64))
    return found


def _asked(columns: Mapping[str, np.ndarray], own: str) -> tuple[np.ndarray, np.ndarray]:
    """Some vectors of each column, and which are of `own`."""
    random, most = np.random.default_rng(0), -(-QUERIES // len(columns))
    some = {name: one[random.permutation(len(one))[:most]] for name, one in columns.items()}
    is_own = np.repeat([name == own for name in some], [len(one) for one in some.values()])
    return np.concatenate(list(some.values())).astype(np.float32), is_own


def _blocks(values: np.ndarray) -> Iterable[np.ndarray]:
    return (values[start : start + _BLOCK] for start in range(0, len(values), _BLOCK))
