"""Tokens: a bag of ids a cell, such as a basket, clicks, tags or diagnoses; how often each, in no order."""

from __future__ import annotations

import html
import math
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field as Setting

from polymodal.modalities._numbers import shown
from polymodal.registry import MODALITIES
from polymodal.schema.cells import Cells, Unreadable, decode_each, is_absent
from polymodal.schema.modality import Modality, Statistics

if TYPE_CHECKING:
    from torch import Tensor

MARK = 1  # code that opens every bag, so that an empty one has something too; 0 is padding
FIRST = 2
_DELIMITERS = ("|", ";", "\t", ",")
_SHOWN = 20
_MANY = 1_000  # bags from which on an id must be in two of them to have a code of its own


class TokensStatistics(Statistics):
    """`ids` have codes of their own; all others, rare or never met, share `buckets` codes by their hash."""

    ids: tuple[str, ...]
    buckets: int

    @property
    def n_codes(self) -> int:
        """Padding, mark, ids, buckets."""
        return FIRST + len(self.ids) + self.buckets


@MODALITIES.register("tokens")
class Tokens(Modality):
    """A bag of ids: a list, a set, a dict of id to count, or a string with a delimiter between ids.

    Ids are words or whole numbers, and 7 is the same as "7". What repeats is counted, and order says nothing. An empty
    string is a bag of nothing; an empty list, as everywhere, is no cell. `delimiter` is read off the table unless
    given: the first of `|`, `;`, tab and comma that occurs, else blanks. The `max_vocabulary` ids that are in most bags
    get codes of their own, the rest one of `buckets` by hash (Weinberger et al. 2009).

    >>> cells = Tokens().read("basket", pd.DataFrame({"basket": ["milk|eggs|milk", None]}), None)
    >>> cells.samples[0], cells.state.tolist()
    ({'eggs': 1.0, 'milk': 2.0}, [1, 0])
    """

    kind: ClassVar[str] = "tokens"
    encoder: str = "tokens"
    delimiter: str | None = Setting(None, min_length=1)
    max_vocabulary: int = Setting(20_000, ge=1, le=1_000_000)
    buckets: int = Setting(256, ge=1, le=1_000_000)

    @classmethod
    def recognises(cls, values: pd.Series, files: Path | None) -> str | None:
        seen = values.dropna().head(500).tolist()
        if not seen:
            return None
        if all(isinstance(one, (list, tuple, set, frozenset, np.ndarray)) for one in seen):
            bags = [[item for item in one if item is not None] for one in seen if _is_flat(one)]
            are_words = bool(bags) and all(isinstance(item, str) for bag in bags for item in bag)
            are_sets = all(isinstance(one, (set, frozenset)) for one in seen)
            return "lists of words" if len(bags) == len(seen) and any(bags) and (are_words or are_sets) else None
        if not all(isinstance(one, str) for one in seen):
            return None
        bags = [one.split("|") for one in seen]
        often = Counter(item for bag in bags for item in bag)
        n_items = sum(often.values())
        if n_items < 1.5 * len(bags) or len(often) > n_items / 2:
            return None
        return f"ids with | between them, {n_items / len(bags):.1f} on average"

    def resolve(self, name: str, frame: pd.DataFrame) -> Modality:
        super().resolve(name, frame)
        if self.delimiter is not None:
            return self
        return self.model_copy(update={"delimiter": _delimiter(frame[name].tolist())})

    def read(self, name: str, frame: pd.DataFrame, files: Path | None) -> Cells:
        """Samples are dicts of id to count, sorted by id."""
        raws = frame[name].tolist() if name in frame.columns else [None] * len(frame)
        delimiter = self.delimiter or _delimiter(raws)
        return decode_each(raws, lambda raw: _decode(raw, delimiter), column=name, rows=frame.index)

    @classmethod
    def statistics_kind(cls) -> type[TokensStatistics]:
        return TokensStatistics

    def measure(self, samples: Sequence[dict[str, float]]) -> TokensStatistics:
        bags = Counter(one for sample in samples for one in sample)
        least = 1 if len(samples) < _MANY else 2
        frequent = sorted((one for one, times in bags.items() if times >= least), key=lambda one: (-bags[one], one))
        return TokensStatistics(ids=tuple(sorted(frequent[: self.max_vocabulary])), buckets=self.buckets)

    def prepare(self, sample: dict[str, float], statistics: TokensStatistics) -> np.ndarray:
        """`[1 + k, 2]` float32: the mark, then each id: its code, and 1 + log of its count."""
        codes = _codes(statistics)
        first_bucket = FIRST + len(statistics.ids)
        found = [(float(MARK), 1.0)]
        for one, count in sample.items():
            code = codes.get(one)
            if code is None:
                code = first_bucket + zlib.crc32(one.encode("utf-8", "surrogatepass")) % statistics.buckets
            found.append((float(code), 1 + math.log(count) if count > 1 else count))
        return np.array(found, dtype=np.float32)

    def collate(self, arrays: Sequence[np.ndarray], statistics: TokensStatistics) -> tuple[Tensor, Tensor | None]:
        """Codes and weights `[n, L, 2]`, zero beyond the end, and mask `[n, L]`, True for the mark."""
        import torch

        longest = max(len(array) for array in arrays)
        values = np.zeros((len(arrays), longest, 2), dtype=np.float32)
        mask = np.zeros((len(arrays), longest), dtype=bool)
        for row, array in enumerate(arrays):
            values[row, : len(array)] = array
            mask[row, : len(array)] = True
        return torch.from_numpy(values), torch.from_numpy(mask)

    def html(self, sample: dict[str, float]) -> str:
        often = sorted(sample.items(), key=lambda pair: -pair[1])[:_SHOWN]
        items = "".join(
            f"<li>{html.escape(one)}{f' &times; {count:g}' if count != 1 else ''}</li>" for one, count in often
        )
        more = f"<li>and {len(sample) - _SHOWN} more</li>" if len(sample) > _SHOWN else ""
        return f'<ul class="tokens">{items}{more}</ul>'

    @classmethod
    def example(cls, random: np.random.Generator) -> str:
        goods = ["milk", "eggs", "bread", "tea", "rye", "jam"]
        return "|".join(str(one) for one in random.choice(goods, size=random.integers(1, 6)))


def _decode(raw: Any, delimiter: str) -> dict[str, float] | None:
    if isinstance(raw, str):
        counts = Counter(_split(raw, delimiter))
        return {one: float(counts[one]) for one in sorted(counts)}
    if isinstance(raw, dict):
        pairs = [(_id(one), _count(one, count)) for one, count in raw.items() if not is_absent(count)]
    elif isinstance(raw, (list, tuple, set, frozenset, np.ndarray)):
        pairs = [(_id(one), 1.0) for one in _plain(raw) if not is_absent(one)]
    else:
        raise Unreadable(f"a list, a set, a dict of counts or a string of ids is expected, {type(raw).__name__} came")
    if not pairs:
        return None
    found: dict[str, float] = {}
    for one, count in pairs:
        if count > 0:
            found[one] = found.get(one, 0.0) + count
    return dict(sorted(found.items()))


def _is_flat(raw: Iterable[Any]) -> bool:
    if isinstance(raw, np.ndarray):
        return raw.ndim < 2
    return not any(isinstance(item, (list, tuple, set, frozenset, np.ndarray)) for item in raw)


def _plain(raw: Iterable[Any]) -> list[Any]:
    return raw.tolist() if isinstance(raw, np.ndarray) else list(raw)


def _split(raw: str, delimiter: str) -> list[str]:
    bare = raw.strip()
    if len(bare) > 1 and bare[0] + bare[-1] in ("[]", "{}", "()"):  # a list as Python or JSON writes it
        return [item for one in bare[1:-1].split(delimiter) if (item := one.strip().strip("'\""))]
    parts = bare.split() if delimiter == " " else bare.split(delimiter)
    return [item for one in parts if (item := one.strip())]


def _delimiter(raws: Sequence[Any]) -> str:
    strings = [raw for raw in raws if isinstance(raw, str)]
    return next((sign for sign in _DELIMITERS if any(sign in one for one in strings)), " ")


def _id(raw: Any) -> str:
    if isinstance(raw, str):
        return raw.strip()
    if isinstance(raw, (bool, int, np.integer, np.bool_)):
        return str(raw)
    if isinstance(raw, (float, np.floating)) and float(raw).is_integer():
        return str(int(raw))  # a gap in a list of whole numbers turns them to floats
    raise Unreadable(f"an id is a word or a whole number, {shown(raw)} came")


def _count(one: Any, count: Any) -> float:
    try:
        found = float(count)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not (math.isfinite(found) and found >= 0):
        raise Unreadable(f"a count is a finite number from 0, {shown(count)} came for {shown(one)}")
    return found


_KNOWN: dict[int, tuple[TokensStatistics, dict[str, int]]] = {}


def _codes(statistics: TokensStatistics) -> dict[str, int]:
    kept = _KNOWN.get(id(statistics))
    if kept is None or kept[0] is not statistics:
        if len(_KNOWN) >= 16:
            _KNOWN.clear()
        kept = _KNOWN[id(statistics)] = (
            statistics,
            {one: code for code, one in enumerate(statistics.ids, start=FIRST)},
        )
    return kept[1]
