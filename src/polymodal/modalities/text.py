"""Text: one string a cell, cut into words; each word known by itself, by its neighbour and by its letters."""

from __future__ import annotations

import html
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field as Setting

from polymodal.registry import MODALITIES
from polymodal.schema.cells import Cells, Unreadable, decode_each
from polymodal.schema.modality import Modality, Statistics

if TYPE_CHECKING:
    from torch import Tensor

_WORD = re.compile(r"\w+|[^\w\s]")
_START = 1  # code of the mark that opens every text, so that an empty text still has a token
_FIRST_WORD = 2
_LETTERS = 10  # letter groups kept of a word; longer words are rare and their start tells most


class TextStatistics(Statistics):
    """The vocabulary: `words` get codes of their own; word pairs and letter groups share `buckets` codes each."""

    words: tuple[str, ...]
    buckets: int

    @property
    def n_codes(self) -> int:
        """Size of the embedding table: padding, start mark, words, word pairs, letter groups."""
        return _FIRST_WORD + len(self.words) + 2 * self.buckets


@MODALITIES.register("text")
class Text(Modality):
    """A string; the empty string is a text of no words, which is not the same as no text.

    `pretrained` names a `transformers` model (hub name or folder) that embeds the text instead of the small
    encoder trained from scratch.

    Word pairs and letter groups hashed into shared codes follow fastText (Joulin et al. 2017; Bojanowski et al. 2017).

    >>> Text().read("note", pd.DataFrame({"note": ["chest pain", None]}), None).state.tolist()
    [1, 0]
    """

    kind: ClassVar[str] = "text"
    encoder: str = "text"
    max_words: int = Setting(256, ge=1)
    max_vocabulary: int = Setting(20_000, ge=1)

    @classmethod
    def recognises(cls, values: pd.Series, files: Path | None) -> str | None:
        strings = [value for value in values.dropna().head(500) if isinstance(value, str)]
        if not strings or len(strings) < 0.9 * min(500, int(values.notna().sum())):
            return None
        words = float(np.mean([len(string.split()) for string in strings]))
        if words < 1.5:
            return None
        return f"strings of {words:.0f} words on average"

    def read(self, name: str, frame: pd.DataFrame, files: Path | None) -> Cells:
        raws = frame[name].tolist() if name in frame.columns else [None] * len(frame)
        return decode_each(raws, _decode, column=name, rows=frame.index)

    @classmethod
    def statistics_kind(cls) -> type[TextStatistics]:
        return TextStatistics

    def measure(self, samples: Sequence[str]) -> TextStatistics:
        counts = Counter(word for sample in samples for word in self._words(sample))
        least = 1 if len(samples) < 5_000 else 2
        frequent = [word for word, count in counts.most_common(self.max_vocabulary) if count >= least]
        # Twice as many buckets as words keeps collisions rare without a table that dwarfs the data.
        buckets = min(2**15, max(2**8, 2 ** (2 * len(counts)).bit_length()))
        return TextStatistics(words=tuple(sorted(frequent)), buckets=buckets)

    def prepare(self, sample: str, statistics: TextStatistics) -> np.ndarray:
        coder = _coder(statistics)
        pairs = _FIRST_WORD + len(statistics.words)
        words = self._words(sample)
        array = np.zeros((1 + len(words), 2 + _LETTERS), dtype=np.int64)
        array[0, 0] = _START
        previous = ""
        for position, word in enumerate(words, start=1):
            array[position] = coder.of(word)
            array[position, 1] = pairs + _hash(f"{previous} {word}") % statistics.buckets
            previous = word
        return array

    def strangeness(self, sample: str, statistics: TextStatistics) -> str | None:
        known = _coder(statistics)
        words = [word for word in self._words(sample) if word.isalnum()]
        if not words or any(known.knows(word) for word in words):
            return None
        return f"none of its words was met in training: {', '.join(map(repr, words[:3]))}{', ...' * (len(words) > 3)}"

    def collate(self, arrays: Sequence[np.ndarray], statistics: TextStatistics) -> tuple[Tensor, Tensor | None]:
        """Codes `[n, L, 12]` (word, pair with the word before, ten letter groups; 0 is padding) and mask `[n, L]`."""
        import torch

        longest = max(len(array) for array in arrays)
        values = np.zeros((len(arrays), longest, arrays[0].shape[1]), dtype=np.int64)
        mask = np.zeros((len(arrays), longest), dtype=bool)
        for row, array in enumerate(arrays):
            values[row, : len(array)] = array
            mask[row, : len(array)] = True
        return torch.from_numpy(values), torch.from_numpy(mask)

    def html(self, sample: str) -> str:
        shown = sample if len(sample) <= 280 else sample[:279] + "…"
        return f'<q class="text">{html.escape(shown)}</q>'

    @classmethod
    def example(cls, random: np.random.Generator) -> str:
        words = ["calm", "storm", "łódź", "雨", "🌧", "no", "rain", "42", "heavy", "-"]
        return " ".join(random.choice(words, size=random.integers(1, 9)))

    def _words(self, sample: str) -> list[str]:
        words = []
        for match in _WORD.finditer(sample.lower()):
            words.append(match.group()[:64])
            if len(words) == self.max_words:
                break
        return words


def _decode(raw: Any) -> str:
    if isinstance(raw, str):
        return raw
    if isinstance(raw, (bool, int, float, np.number)):
        try:
            return str(raw)
        except ValueError as error:  # Python writes out whole numbers up to a few thousand digits
            raise Unreadable(str(error)) from error
    raise Unreadable(f"text is expected, {type(raw).__name__} came")


def _hash(piece: str) -> int:
    return zlib.crc32(piece.encode("utf-8", "surrogatepass"))  # unlike hash(), the same in every process


class _Coder:
    """Codes of single words under one vocabulary; a word met again is not hashed again."""

    def __init__(self, statistics: TextStatistics) -> None:
        self.statistics = statistics
        self._known = {word: code for code, word in enumerate(statistics.words, start=_FIRST_WORD)}
        self._letters = _FIRST_WORD + len(statistics.words) + statistics.buckets
        self._met: dict[str, np.ndarray] = {}

    def knows(self, word: str) -> bool:
        """Whether it is in the vocabulary."""
        return word in self._known

    def of(self, word: str) -> np.ndarray:
        """`[12]`: the word, an empty place for its pair, its letter groups."""
        codes = self._met.get(word)
        if codes is None:
            codes = np.zeros(2 + _LETTERS, dtype=np.int64)
            codes[0] = self._known.get(word, 0)
            marked = f"<{word}>"
            for slot in range(min(_LETTERS, max(1, len(marked) - 2))):
                codes[2 + slot] = self._letters + _hash(marked[slot : slot + 3]) % self.statistics.buckets
            if len(self._met) < _MOST_MET:
                self._met[word] = codes
        return codes


_MOST_MET = 200_000
_CODERS: dict[int, _Coder] = {}


def _coder(statistics: TextStatistics) -> _Coder:
    # Building the dictionary for each cell would cost more than reading it; a few vocabularies are in use at a time.
    coder = _CODERS.get(id(statistics))
    if coder is None or coder.statistics is not statistics:
        if len(_CODERS) >= 16:
            _CODERS.clear()
        coder = _CODERS[id(statistics)] = _Coder(statistics)
    return coder
