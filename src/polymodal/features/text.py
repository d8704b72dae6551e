"""Text as counted words, word pairs and letter groups (TF-IDF), and by the main directions of those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import numpy as np
from scipy.sparse import csr_matrix, hstack

from polymodal.features._counts import Counts, pair_names, word_names
from polymodal.features._features import Features
from polymodal.features._reduction import principal_directions
from polymodal.features._tfidf import SMALL, least_texts, vocabulary, weighed
from polymodal.modalities.text import TextStatistics
from polymodal.registry import FEATURES

_DIRECTIONS = 64


@FEATURES.register("text")
@dataclass(frozen=True)
class TextFeatures(Features):
    """Wide: TF-IDF (Salton & Buckley 1988) of words and pairs, of letter groups, and the length. Compact: 64
    directions of it (latent semantic analysis, Deerwester et al. 1990) and the length.

    `words` and `letters` are the sorted keys that have a column, `word_idf` and `letter_idf` their weights;
    `directions` is `[W, k]`; `length` holds mean and spread of the log of the number of words; `names` are those of the
    words of each code, the same in every column.
    """

    kinds: ClassVar[tuple[str, ...]] = ("text",)
    is_counted: ClassVar[bool] = True

    words: np.ndarray
    word_idf: np.ndarray
    letters: np.ndarray
    letter_idf: np.ndarray
    directions: np.ndarray
    length: np.ndarray
    n_codes: int
    names: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))  # not in the first files

    @classmethod
    def measure(cls, arrays: Sequence[np.ndarray], statistics: TextStatistics, seed: int) -> Self:
        n_codes = statistics.n_codes
        least = least_texts(len(arrays))
        words, word_idf = vocabulary(*_word_keys(arrays, n_codes), len(arrays), least)
        is_small = len(arrays) < SMALL
        letters, letter_idf = vocabulary(*_letter_keys(arrays if is_small else []), len(arrays), max(2, least))
        counts = _log_length(arrays)
        spread = counts.std()
        length = np.array([counts.mean(), spread if spread > 1e-6 else 1.0])  # less is what rounding leaves
        bare = cls(words, word_idf, letters, letter_idf, np.zeros((0, 0), dtype=np.float32), length, n_codes)
        wide = bare.wide(arrays)
        directions = principal_directions(wide[:, :-1], _DIRECTIONS, seed)
        others = n_codes - len(statistics.words) - 2 * statistics.buckets  # codes of no word, which come first
        names = np.concatenate([np.zeros(others, dtype=np.int64), word_names(statistics.words)])
        return replace(bare, directions=directions, names=names)

    @property
    def n_counted(self) -> int:
        """The first columns of the wide matrix, which count words and letters."""
        return len(self.words) + len(self.letters)

    def wide(self, arrays: Sequence[np.ndarray]) -> csr_matrix:
        blocks = [weighed(*_word_keys(arrays, self.n_codes), len(arrays), self.words, self.word_idf)]
        keys = _letter_keys(arrays if len(self.letters) else [])
        blocks.append(weighed(*keys, len(arrays), self.letters, self.letter_idf))
        length = (_log_length(arrays) - self.length[0]) / self.length[1]
        return csr_matrix(hstack([*blocks, csr_matrix(0.1 * length[:, None])]), dtype=np.float32)

    def compact(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        wide = self.wide(arrays)
        length = np.asarray(wide[:, -1].todense())
        return np.concatenate([wide[:, :-1] @ self.directions, length], axis=1).astype(np.float32)

    def counts(self, arrays: Sequence[np.ndarray]) -> Counts:
        rows, keys = _word_keys(arrays, self.n_codes)
        once, which = np.unique(keys, return_inverse=True)
        is_pair = once >= self.n_codes
        first, second = np.divmod(once[is_pair] - self.n_codes, self.n_codes)
        named = np.empty(len(once), dtype=np.int64)
        named[~is_pair] = self.names[once[~is_pair]]
        named[is_pair] = pair_names(self.names[first], self.names[second])
        return Counts.of(rows, named[which.ravel()], len(arrays))


def _word_keys(arrays: Sequence[np.ndarray], n_codes: int) -> tuple[np.ndarray, np.ndarray]:
    """The row and the key of each known word, and of each pair of known words side by side."""
    codes = np.concatenate([array[1:, 0] for array in arrays]) if len(arrays) else np.zeros(0, dtype=np.int64)
    rows = np.repeat(np.arange(len(arrays)), [len(array) - 1 for array in arrays])
    known = codes > 0
    both = known[1:] & known[:-1] & (rows[1:] == rows[:-1]) if len(codes) else known
    pairs = n_codes + codes[:-1][both] * n_codes + codes[1:][both] if len(codes) else codes
    return np.concatenate([rows[known], rows[1:][both]]), np.concatenate([codes[known], pairs])


def _letter_keys(arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    if not len(arrays):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    groups = np.concatenate([array[1:, 2:].ravel() for array in arrays])
    rows = np.repeat(np.arange(len(arrays)), [array[1:, 2:].size for array in arrays])
    return rows[groups > 0], groups[groups > 0]


def _log_length(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return np.log1p(np.array([len(array) - 1 for array in arrays], dtype=np.float64))
