"""A large picture and smaller copies of it in one cell, each half of the one before, and which of them is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from polymodal.schema.cells import Unreadable

SIDES, LEVELS = "sides", "levels"


def pyramid(sides: Sequence[int], levels: Sequence[bytes]) -> dict[str, Any]:
    """A raw cell: the picture first, and the longest side of each level in pixels."""
    return {SIDES: list(sides), LEVELS: list(levels)}


def level_for(raw: dict[str, Any], size: int) -> bytes:
    """The smallest level whose longest side has `size` pixels, or the picture. Raises Unreadable for other dicts.

    >>> level_for(pyramid([800, 400, 200], [b"whole", b"half", b"quarter"]), 256)
    b'half'
    """
    sides, levels = raw.get(SIDES), raw.get(LEVELS)
    if not isinstance(sides, list) or not isinstance(levels, list) or not levels or len(sides) != len(levels):
        raise Unreadable(f"a dict of a picture has {SIDES!r} and {LEVELS!r}; this one has {sorted(map(str, raw))[:5]}")
    enough = [level for side, level in zip(sides, levels, strict=True) if isinstance(side, int) and side >= size]
    found = enough[-1] if enough else levels[0]
    if not isinstance(found, bytes):
        raise Unreadable(f"a level of a picture is the bytes of a file; {type(found).__name__} came")
    return found
