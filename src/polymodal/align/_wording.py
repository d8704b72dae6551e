"""How results of this room read: a title, sentences, and aligned lines."""

from __future__ import annotations

import math
from collections.abc import Sequence

_WIDTH = 100
_NOTHING = 5e-13  # seconds
_SCALES = ((1e-6, 1e9, "ns"), (1e-3, 1e6, "us"), (1.0, 1e3, "ms"), (600.0, 1.0, "s"), (36_000.0, 1 / 60, "min"))


def paragraphs(title: str, sentences: Sequence[str] = (), lines: Sequence[Sequence[str]] = ()) -> str:
    """Plain text, at most about 100 columns wide where cells allow it.

    >>> print(paragraphs("Found", ["all is well"], [("a", "1"), ("bb", "2")]))
    Found
    - all is well
      a   1
      bb  2
    """
    told = [title] if title else []
    for sentence in sentences:
        line = "-"
        for word in sentence.split():
            if len(line) + 1 + len(word) > _WIDTH:
                told.append(line)
                line = " "
            line += " " + word
        told.append(line)
    if lines:
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        told += ["  " + "  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
    return "\n".join(told)


def duration(seconds: float) -> str:
    """A length of time in the unit that suits it.

    >>> duration(0.0125), duration(-3.5), duration(7200)
    ('12.5 ms', '-3.5 s', '120 min')
    """
    if not math.isfinite(seconds):
        return f"{seconds:g} s"
    if abs(seconds) < _NOTHING:
        return "0 s"
    for limit, factor, unit in _SCALES:
        if abs(seconds) < limit:
            return f"{seconds * factor:.4g} {unit}"
    return f"{seconds / 3600:.4g} h" if abs(seconds) < 172_800 else f"{seconds / 86_400:.4g} days"


def count(n: int, one: str, several: str | None = None) -> str:
    """A number of things.

    >>> count(1, "row"), count(12_000, "row")
    ('1 row', '12,000 rows')
    """
    return f"{n:,} {one if n == 1 else several or one + 's'}"
