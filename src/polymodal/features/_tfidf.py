"""Keys of texts and sequences counted and weighed by how rare they are (TF-IDF; Salton & Buckley 1988)."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

_FEW = 1_000
SMALL = 10_000  # texts below which rare words are better known by their letters


def vocabulary(rows: np.ndarray, keys: np.ndarray, n: int, least: int) -> tuple[np.ndarray, np.ndarray]:
    """The keys that occur in at least `least` texts, and the smoothed log of how rare each is."""
    order = np.lexsort((keys, rows))
    rows, keys = rows[order], keys[order]
    first = np.ones(len(keys), dtype=bool)
    first[1:] = (rows[1:] != rows[:-1]) | (keys[1:] != keys[:-1])
    found, texts = np.unique(keys[first], return_counts=True)
    kept = texts >= least
    return found[kept], (np.log((1 + n) / (1 + texts[kept])) + 1).astype(np.float32)


def least_texts(n: int) -> int:
    """In how many of n texts a word has to stand to be counted."""
    return 1 if n < _FEW else 2 if n < SMALL else 3


def weighed(rows: np.ndarray, keys: np.ndarray, n: int, vocabulary: np.ndarray, idf: np.ndarray) -> csr_matrix:
    """TF-IDF with damped counts, each text of length one."""
    place = np.searchsorted(vocabulary, keys)
    known = place < len(vocabulary)
    known[known] = vocabulary[place[known]] == keys[known]
    matrix = csr_matrix(
        (np.ones(int(known.sum()), dtype=np.float32), (rows[known], place[known])), shape=(n, len(vocabulary))
    )
    matrix.sum_duplicates()
    return unit_texts(matrix, idf)


def unit_texts(matrix: csr_matrix, weights: np.ndarray) -> csr_matrix:
    """Counts `[n, K]`, damped and weighed in place, each text of length one."""
    matrix.data = (1 + np.log(matrix.data)) * weights[matrix.indices]
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    matrix.data /= np.repeat(np.maximum(norms, 1e-12), np.diff(matrix.indptr)).astype(np.float32)
    return matrix
