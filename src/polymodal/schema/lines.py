"""Lines of a report: columns below each other, long lists cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_MOST_LINES, _MOST_LISTED = 20, 10


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Lines of cells with columns of one width; a line of one cell has none.

    >>> print(aligned([("a", "word"), ("longer", "b"), ("and 3 more",)]))
      a       word
      longer  b
      and 3 more
    """
    table = [line for line in lines if len(line) > 1]
    width = [max(len(line[i]) for line in table if len(line) > i) for i in range(max(map(len, table), default=0))]
    return "\n".join(
        "  " + "  ".join(c.ljust(w) for c, w in zip(line, [*width, 0], strict=False)).rstrip()
        if len(line) > 1
        else "  " + line[0]
        for line in lines
    )


def shortened(lines: list[Any]) -> list[Any]:
    """Lines of cells, of which many are cut to 20 and a word on the others."""
    if len(lines) <= _MOST_LINES + 1:
        return lines
    return [*lines[:_MOST_LINES], (f"... and {len(lines) - _MOST_LINES} more",)]


def listed(items: Sequence[Any]) -> str:
    """Items with commas, ten at most.

    >>> listed(range(12))
    '0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more'
    """
    more = f" and {len(items) - _MOST_LISTED:,} more" if len(items) > _MOST_LISTED else ""
    return ", ".join(map(str, items[:_MOST_LISTED])) + more


def counted(n: int, one: str, many: str = "") -> str:
    """A number and its noun.

    >>> counted(1, "row"), counted(2000, "modality", "modalities")
    ('1 row', '2,000 modalities')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"
