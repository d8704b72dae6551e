"""Sequence: one string of letters a cell, such as a protein, DNA or SMILES; read by letters, k at a time or pieces."""

from __future__ import annotations

import html
import zlib
from collections import Counter
from collections.abc import Sequence as Many
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field as Setting
from pydantic import model_validator

from polymodal.modalities._notations import notation
from polymodal.modalities._pieces import Cutter, learnt
from polymodal.registry import MODALITIES
from polymodal.schema.cells import Cells, Unreadable, decode_each
from polymodal.schema.modality import Modality, Statistics

if TYPE_CHECKING:
    from torch import Tensor

UNKNOWN = 1  # code of a token that training rows did not have; 0 is padding
_FIRST = 2
_REPEATS = 3  # times a whole string is seen before it is known as such
_MOST_WHOLES = 50_000
_SHOWN = 120


class SequenceStatistics(Statistics):
    """`tokens` get codes of their own; `wholes` are the hashed strings that training rows had several times.

    `merges` are the neighbours that make pieces, in their order.
    """

    tokens: tuple[str, ...]
    wholes: tuple[int, ...]
    merges: tuple[tuple[str, str], ...] = ()

    @property
    def n_codes(self) -> int:
        """Padding, unknown, tokens."""
        return _FIRST + len(self.tokens)


@MODALITIES.register("sequence")
class Sequence(Modality):
    """A string of letters without words: DNA, RNA, a protein, SMILES, code. Case counts.

    `k` letters make a token, and one starts at every letter (k-mers, as in DNABERT, Ji et al. 2021). With `pieces`
    tokens are letters that often stand together, learnt from the training rows up to `max_vocabulary` of them (byte
    pairs as of SentencePiece, Kudo & Richardson 2018; for molecules Li & Fourches 2021, for DNA Zhou et al. 2023). Of
    more than `max_length` letters the first ones are read. A string that training rows had at least three times, such
    as a drug tried on many targets, is known as a whole besides. What is given as empty is a sequence of no letters.
    `pretrained` names a `transformers` model (hub name or folder) that embeds it instead, such as ESM.

    >>> Sequence().read("drug", pd.DataFrame({"drug": ["CCO", None]}), None).state.tolist()
    [1, 0]
    """

    kind: ClassVar[str] = "sequence"
    encoder: str = "sequence"
    k: int = Setting(1, ge=1, le=12)
    pieces: bool = False
    max_length: int = Setting(1024, ge=1)
    max_vocabulary: int = Setting(4096, ge=1)
    case: Literal["kept", "upper"] = "kept"

    @model_validator(mode="after")
    def _check_tokens(self) -> Self:
        if self.pieces and self.k > 1:
            raise ValueError(f"pieces=True and k={self.k} both say what a token is; leave one of them out")
        return self

    @classmethod
    def recognises(cls, values: pd.Series, files: Path | None) -> str | None:
        strings = [value for value in values.dropna().head(500) if isinstance(value, str)]
        if not strings or len(strings) < 0.9 * min(500, int(values.notna().sum())):
            return None
        return notation(strings)

    def read(self, name: str, frame: pd.DataFrame, files: Path | None) -> Cells:
        raws = frame[name].tolist() if name in frame.columns else [None] * len(frame)
        return decode_each(raws, self._decode, column=name, rows=frame.index)

    @classmethod
    def statistics_kind(cls) -> type[SequenceStatistics]:
        return SequenceStatistics

    def measure(self, samples: Many[str]) -> SequenceStatistics:
        often = Counter(samples)
        # In an order that is as good as random and hangs on the strings alone.
        strings = [one[: self.max_length] for one in sorted(often, key=hash_of)] if self.pieces else []
        merges = learnt(strings, self.max_vocabulary)
        cutter = Cutter(())  # the letters of pieces count, since other strings may have them by themselves
        counts: Counter[str] = Counter()
        for sample, times in often.items():  # what repeats is cut up once
            for token, count in Counter(self._tokens(sample, cutter)).items():
                counts[token] += times * count
        frequent = sorted(counts, key=lambda token: (-counts[token], token))[: self.max_vocabulary]
        made = {left + right for left, right in merges}
        wholes = [hash_of(sample) for sample, times in often.most_common(_MOST_WHOLES) if times >= _REPEATS]
        return SequenceStatistics(
            tokens=tuple(sorted({*frequent, *made})), wholes=tuple(sorted(set(wholes))), merges=merges
        )

    def prepare(self, sample: str, statistics: SequenceStatistics) -> np.ndarray:
        """`[1 + L]` int32: the code of the whole string (0 where it is not known), then of each token."""
        return _coder(self, statistics).of(sample)

    def collate(self, arrays: Many[np.ndarray], statistics: SequenceStatistics) -> tuple[Tensor, Tensor | None]:
        """Codes `[n, 1 + L]` (the whole, then tokens; 0 is padding) and a mask `[n, 1 + L]`, True for the whole."""
        import torch

        longest = max(len(array) for array in arrays)
        values = np.zeros((len(arrays), longest), dtype=np.int64)
        mask = np.zeros((len(arrays), longest), dtype=bool)
        for row, array in enumerate(arrays):
            values[row, : len(array)] = array
            mask[row, : len(array)] = True
        return torch.from_numpy(values), torch.from_numpy(mask)

    def html(self, sample: str) -> str:
        shown = sample if len(sample) <= _SHOWN else f"{sample[: _SHOWN - 1]}…"
        return f'<code class="sequence" title="{len(sample)} letters">{html.escape(shown)}</code>'

    @classmethod
    def example(cls, random: np.random.Generator) -> str:
        drugs = ["CCO", "c1ccccc1", "CC(=O)Oc1ccccc1C(=O)O", "N[C@@H](C)C(=O)O"]
        made = "".join(random.choice(list("ACDEFGHIKLMNPQRSTVWY"), size=random.integers(1, 40)))
        return str(random.choice([*drugs, made, made]))

    def _decode(self, raw: Any) -> str:
        if not isinstance(raw, str):
            raise Unreadable(f"a sequence is a string of letters, {type(raw).__name__} came")
        bare = "".join(raw.split())  # line breaks of FASTA and stray blanks are no letters
        return bare.upper() if self.case == "upper" else bare

    def _tokens(self, sample: str, cutter: Cutter) -> list[str]:
        cut = sample[: self.max_length]
        if self.pieces:
            return cutter.cut(cut)
        if self.k == 1:
            return list(cut)
        return [cut[at : at + self.k] for at in range(max(len(cut) - self.k + 1, min(len(cut), 1)))]


def hash_of(sample: str) -> int:
    """Of a whole string; unlike hash(), the same in every process."""
    data = sample.encode("utf-8", "surrogatepass")
    return (zlib.crc32(data) << 16) ^ len(data)


class _Coder:
    """Codes under one vocabulary; a string met again shares the array of the first."""

    def __init__(self, kind: Sequence, statistics: SequenceStatistics) -> None:
        self.kind, self.statistics = kind, statistics
        self._codes = {token: code for code, token in enumerate(statistics.tokens, start=_FIRST)}
        self._wholes = {whole: code for code, whole in enumerate(statistics.wholes, start=1)}
        self._cutter = Cutter(statistics.merges)
        self._met: dict[str, np.ndarray] = {}

    def of(self, sample: str) -> np.ndarray:
        found = self._met.get(sample)
        if found is None:
            codes = [self._codes.get(token, UNKNOWN) for token in self.kind._tokens(sample, self._cutter)]
            found = np.array([self._wholes.get(hash_of(sample), 0), *codes], dtype=np.int32)
            found.flags.writeable = False
            if len(self._met) < _MOST_WHOLES and found[0]:
                self._met[sample] = found
        return found


_CODERS: dict[tuple[Sequence, int], _Coder] = {}


def _coder(kind: Sequence, statistics: SequenceStatistics) -> _Coder:
    key = (kind, id(statistics))
    coder = _CODERS.get(key)
    if coder is None or coder.statistics is not statistics:
        if len(_CODERS) >= 16:
            _CODERS.clear()
        coder = _CODERS[key] = _Coder(kind, statistics)
    return coder
