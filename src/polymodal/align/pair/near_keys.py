"""Joins by keys that are written differently on the two sides."""

from __future__ import annotations

import difflib
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from polymodal.align._columns import need_columns, one_each
from polymodal.align._numbers import is_positive
from polymodal.align.joined import Joined
from polymodal.align.pair._gathering import Several, all_pairs, gathered
from polymodal.errors import SettingError
from polymodal.schema.read import read_frame

_MARGIN = 0.15  # below the threshold, in which pairs are shown as near misses
_CLOSE = 0.03  # of each other, where two keys are told to be as good
_TWO_NAMES = "where the sides name it differently, say on={'name': 'full_name'}"
_CHUNK = 4_000_000  # pairs of letter counts at once


def by_near_key(
    left: Any,
    right: Any,
    on: str | tuple[str, str] | Mapping[str, str],
    *,
    threshold: float = 0.85,
    several: Several = "error",
    columns: Sequence[str] | None = None,
) -> Joined:
    """To each row of `left` the row of `right` whose key is written most alike.

    Keys are compared without regard to case, accents, spaces and punctuation; what is then equal belongs together. Of
    the others each key of the left takes the most similar one of the right that is still free, best pairs first, where
    the similarity (Ratcliff & Obershelp, as in `difflib`: 2 x letters in common / letters of both) is at least
    `threshold`. `near_misses` lists what was just below it, what had two candidates alike, and every pair that was
    taken without being equal, to be looked through. `several` and `columns` are those of `by_key`.

    Raises SchemaError for columns that are not there, SettingError for a threshold that is none.

    >>> found = by_near_key({"name": ["Meyer, Anna", "Li Wei"]}, {"name": ["meyer anna", "Lee Wei"]}, "name")
    >>> found.table["name_right"].tolist(), found.near_misses["similarity"].tolist()
    (['meyer anna', nan], [0.73])
    """
    if not is_positive(threshold) or threshold > 1:
        raise SettingError(f"threshold={threshold!r} has to lie between 0 and 1; 1 takes only keys that are equal")
    first, _ = read_frame(left)
    second, _ = read_frame(right)
    name, other = one_each(on, "on")
    need_columns(first, [name], "left", _TWO_NAMES)
    need_columns(second, [other, *(columns or ())], "right", _TWO_NAMES)
    keys, others = ([None if one is None or one != one else plain(one) for one in frame[column].astype(object)]
                    for frame, column in ((first, name), (second, other)))  # fmt: skip
    levels = sorted({one for one in keys if one})
    other_levels = sorted({one for one in others if one})
    partners, shown = _assigned(levels, other_levels, threshold)
    numbers = {level: place for place, level in enumerate(other_levels)}
    codes = np.array([numbers.get(partners.get(one or "", ""), -1) for one in keys], dtype=np.int64)
    other_codes = np.array([numbers.get(one or "", -1) for one in others], dtype=np.int64)
    return gathered(
        first,
        second,
        all_pairs(codes, other_codes),
        several=several,
        how=f"by {name}, alike by at least {threshold:g}",
        columns=list(columns) if columns is not None else list(second.columns),
        left_checks=[
            (np.array([not one for one in keys]), f"no {name}"),
            (codes < 0, f"no free {other} alike by {threshold:g}"),
        ],
        right_checks=[
            (np.array([not one for one in others]), f"no {other}"),
            (~np.isin(other_codes, codes), f"no free {name} alike by {threshold:g}"),
        ],
        near_misses=_table(
            shown, dict(zip(keys, first[name], strict=True)), dict(zip(others, second[other], strict=True))
        ),
    )


def plain(key: object) -> str:
    """Letters and digits only, small, without accents.

    >>> plain("  Müller-Lüdenscheidt, J. ")
    'mullerludenscheidtj'
    """
    text = f"{key:g}" if isinstance(key, float) and key.is_integer() else str(key)
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in apart if one.isalnum())


def _assigned(
    levels: Sequence[str], others: Sequence[str], threshold: float
) -> tuple[dict[str, str], list[tuple[str, str, float, str]]]:
    """The partner of each key, and the pairs that a person should look at, the most similar first."""
    partners = {one: one for one in levels if one in set(others)}
    free = [one for one in others if one not in partners]
    asking = [one for one in levels if one not in partners]
    pairs = sorted(_alike(asking, free, threshold - _MARGIN), key=lambda pair: (-pair[2], pair[0], pair[1]))
    told, gone = [], set()
    tops: dict[str, list[float]] = {}
    for one, _, similarity in pairs:
        tops.setdefault(one, []).append(similarity)
    for one, other, similarity in pairs:
        if one in partners or other in gone:
            if one not in partners and similarity >= threshold:
                told.append((one, other, similarity, "not taken, the other one belongs to a closer one"))
            continue
        if similarity >= threshold:
            partners[one] = other
            gone.add(other)
            best = tops[one]
            doubt = len(best) > 1 and best[0] - best[1] < _CLOSE
            told.append((one, other, similarity, "taken, though another is as close" if doubt else "taken"))
        else:
            told.append((one, other, similarity, "not taken"))
    return partners, told


def _alike(levels: Sequence[str], others: Sequence[str], least: float) -> list[tuple[str, str, float]]:
    """Pairs of at least that similarity; letter counts, which bound it, leave few to be compared in full."""
    if not levels or not others:
        return []
    letters = sorted({letter for one in (*levels, *others) for letter in one})
    counts, other_counts = (_letters(one, letters) for one in (levels, others))
    lengths, other_lengths = counts.sum(axis=1), other_counts.sum(axis=1)
    found = []
    rows = max(1, _CHUNK // (len(others) * len(letters)))
    for start in range(0, len(levels), rows):
        some = counts[start : start + rows, None, :]
        shared = np.minimum(some, other_counts[None]).sum(axis=2)
        bound = 2 * shared / (lengths[start : start + rows, None] + other_lengths[None])
        for row, column in zip(*np.nonzero(bound >= least - 1e-9), strict=True):
            one, other = levels[start + row], others[column]
            similarity = difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()
            if similarity >= least - 1e-9:
                found.append((one, other, similarity))
    return found


def _letters(keys: Sequence[str], letters: Sequence[str]) -> np.ndarray:
    places = {letter: place for place, letter in enumerate(letters)}
    counts = np.zeros((len(keys), len(letters)), dtype=np.int32)
    for row, key in enumerate(keys):
        for letter, n in Counter(key).items():
            counts[row, places[letter]] = n
    return counts


def _written(keys: Sequence[str | None], column: pd.Series) -> dict[str | None, object]:
    return dict(zip(keys, column, strict=True))


def _table(
    shown: Sequence[tuple[str, str, float, str]], written: dict[str | None, object], others: dict[str | None, object]
) -> pd.DataFrame:
    lines = [
        {"left": written[one], "right": others[other], "similarity": round(similarity, 2), "verdict": verdict}
        for one, other, similarity, verdict in shown
    ]
    return pd.DataFrame(lines, columns=["left", "right", "similarity", "verdict"]) if lines else pd.DataFrame()
