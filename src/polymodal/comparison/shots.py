"""Which rows a model is shown at each point of a learning curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from polymodal.errors import SettingError
from polymodal.schema.target import Labels, Target

PER_CLASS = ("category", "ordinal")  # kinds whose examples are counted class by class
_NUMBERS = (1, 5, 10, 50)
_SHARES = (0.1, 0.25, 0.5, 1.0)


def asked_shots(shots: Any, target: Target) -> tuple[int | float, ...]:
    """The sizes in ascending order, each once: whole numbers from 1, and shares up to 1.

    Raises SettingError, with every fault, for anything else.
    """
    if shots is None:
        return _NUMBERS if target.kind in PER_CLASS else _SHARES
    given = [shots] if isinstance(shots, (int, float)) else list(shots) if isinstance(shots, Sequence) else [shots]
    wrong = [one for one in given if not _is_size(one)]
    if wrong or not given or isinstance(shots, str):
        raise SettingError(
            f"shots are whole numbers from 1 (examples of each class, or rows) or shares of the rows above 0 and up "
            f"to 1.0; {', '.join(map(repr, wrong)) or repr(shots)} came"
        )
    return tuple(sorted(set(given), key=lambda one: (isinstance(one, int), one)))


def in_turn(usable: np.ndarray, groups: np.ndarray | None, seed: int) -> np.ndarray:
    """Positions of the usable rows `[N]` in the order in which they are shown.

    Rows of one group are much alike, so every group has its first turn before any has its second.

    >>> in_turn(np.ones(4, dtype=bool), np.array([0, 0, 0, 1]), seed=0)[:2].tolist()
    [2, 3]
    """
    rows = np.random.default_rng(seed).permutation(np.flatnonzero(usable))
    if groups is None:
        return rows
    turns: dict[int, int] = {}
    turn = np.empty(len(rows), dtype=np.int64)
    for place, group in enumerate(groups[rows].tolist()):
        turn[place] = turns[group] = turns.get(group, -1) + 1
    return np.asarray(rows[np.argsort(turn, kind="stable")])


def first_rows(order: np.ndarray, size: int | float, target: Target, labels: Labels) -> np.ndarray:
    """The rows of `order` that a point shows, ascending: so many of each class, so many rows, or that share of them.

    A larger point shows all that a smaller one does. A class with fewer rows shows what it has.
    """
    if target.kind not in PER_CLASS:
        return np.sort(order[: size if isinstance(size, int) else max(1, round(size * len(order)))])
    codes = labels.values[order]
    shown = []
    for code in np.unique(codes):
        mine = order[codes == code]
        shown.append(mine[: size if isinstance(size, int) else max(1, round(size * len(mine)))])
    return np.sort(np.concatenate(shown))


def short_classes(order: np.ndarray, sizes: Sequence[int | float], target: Target, labels: Labels) -> list[str]:
    """A sentence for each size that some class does not have."""
    if target.kind not in PER_CLASS:
        most = [size for size in sizes if isinstance(size, int) and size > len(order)]
        return [f"there are {len(order)} rows to learn from; asked for {', '.join(map(str, most))}"] if most else []
    classes: tuple[Any, ...] = getattr(target, "classes", ())
    counts = np.bincount(labels.values[order], minlength=len(classes))
    told = []
    for size in sizes:
        few = [f"{classes[i]!r} {n}" for i, n in enumerate(counts) if isinstance(size, int) and n < size]
        if few:
            more = f" and {len(few) - 5} more" if len(few) > 5 else ""
            told.append(f"{size} of each class: fewer there are of {', '.join(few[:5])}{more}; all of them are shown")
    return told


def _is_size(size: Any) -> bool:
    if isinstance(size, bool):
        return False
    return (isinstance(size, int) and size >= 1) or (isinstance(size, float) and 0 < size <= 1)
