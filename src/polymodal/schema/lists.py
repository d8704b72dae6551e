"""Columns whose cells are lists of files, pictures or notes, told from baskets of words and lists of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from polymodal.registry import MODALITIES
from polymodal.schema.cells import is_absent
from polymodal.schema.many import Many

_SEEN = 100  # cells that are looked at
_TRIED = 20  # paths that are looked up
_WORDS = 5.0  # on average, from which on strings in a list are notes rather than tags
_DISTINCT = 0.8  # share of different strings; tags come again


def listed_kind(values: pd.Series, files: Path | None) -> tuple[str, str] | None:
    """The kind of the items and why, where each cell is plainly a list of them; None where it may be something else.

    >>> notes = [["it rained for most of the day", "the wind turned in the evening"], None, ["nothing new to tell"]]
    >>> listed_kind(pd.Series(notes), None), listed_kind(pd.Series([["milk", "eggs"], ["rye"]]), None)
    (('text', 'lists of strings of 6 words on average'), None)
    """
    if values.dtype.kind in "biufcmM":
        return None
    cells = [one for one in values.dropna().head(_SEEN).tolist() if not is_absent(one)]
    if cells and all(isinstance(one, str) for one in cells):
        return _of_paths(cells, files) if files is not None else None
    if not cells or not all(map(_is_list, cells)):
        return None
    items = [one for cell in cells for one in cell if not is_absent(one)]
    if not items:
        return None
    if all(isinstance(one, str) for one in items):
        return _of_files(items, files) or _of_notes(items)
    if all(isinstance(one, np.ndarray) for one in items):
        return _first(["image"], items, files)  # of other arrays a list may be one cell of more axes
    return None if any(isinstance(one, (bool, int, float)) for one in items) else _first(_with_files(), items, files)


def _of_paths(cells: Sequence[str], files: Path | None) -> tuple[str, str] | None:
    """Strings that each name several files."""
    for kind in _with_files():
        pieces = [Many(of=MODALITIES.get(kind)()).items(cell) for cell in cells]
        if max(map(len, pieces)) > 1:
            items = [one for some in pieces for one in some if isinstance(one, str)]
            found = _of_files(items, files) if items else None
            return None if found is None else (found[0], f"{found[1]} in one string")
    return None


def _of_files(items: Sequence[str], files: Path | None) -> tuple[str, str] | None:
    found = None if files is None else _first(_with_files(), items, files)
    return found if found is not None and files is not None and _are_there(items[:_TRIED], files) else None


def _of_notes(items: Sequence[str]) -> tuple[str, str] | None:
    words = float(np.mean([len(one.split()) for one in items]))
    if words < _WORDS or len(set(items)) < _DISTINCT * len(items):
        return None
    return "text", f"lists of strings of {words:.0f} words on average"


def _first(kinds: Sequence[str], items: Sequence[Any], files: Path | None) -> tuple[str, str] | None:
    column = pd.Series(list(items), dtype=object)
    for kind in kinds:
        reason = MODALITIES.get(kind).recognises(column, files)
        if reason:
            return kind, f"lists of {reason}"
    return None


def _with_files() -> list[str]:
    """Kinds whose cells may be files, pictures before all."""
    kinds = [kind for kind in MODALITIES.names() if MODALITIES.get(kind).reads_files]
    return sorted(kinds, key=lambda kind: kind != "image")


def _are_there(items: Sequence[str], files: Path) -> bool:
    try:
        return all((files / one).is_file() for one in items)
    except (OSError, ValueError):  # a name too long, or with a null character
        return False


def _is_list(cell: Any) -> bool:
    return isinstance(cell, (list, tuple)) or (isinstance(cell, np.ndarray) and cell.dtype == object)
