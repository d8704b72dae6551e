"""A large picture and smaller copies of it in one cell, each half of the one before, and which of them is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from polymodal.schema.cells import Unreadable

SIDES, LEVELS = "sides", "levels"


class Levels(Sequence[bytes]):
    """Files that stand in memory as they were read, of which one is copied when it is asked for.

    >>> Levels([memoryview(b"whole"), b"half"])[1:]
    [b'half']
    """

    def __init__(self, files: Sequence[bytes | memoryview]) -> None:
        self._files = files

    def __len__(self) -> int:
        return len(self._files)

    @overload
    def __getitem__(self, at: int) -> bytes: ...
    @overload
    def __getitem__(self, at: slice) -> list[bytes]: ...
    def __getitem__(self, at: int | slice) -> bytes | list[bytes]:
        found = self._files[at]
        return bytes(found) if isinstance(found, (bytes, memoryview)) else [bytes(one) for one in found]

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, (Levels, list)) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{len(self)} files of {', '.join(f'{len(one):,}' for one in self._files)} bytes>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Levels, (list(self),)


def pyramid(sides: Sequence[int], levels: Sequence[bytes]) -> dict[str, Any]:
    """A raw cell: the picture first, and the longest side of each level in pixels."""
    return {SIDES: list(sides), LEVELS: Levels(levels)}


def level_for(raw: dict[str, Any], size: int) -> bytes:
    """The smallest level whose longest side has `size` pixels, or the picture. Raises Unreadable for other dicts.

    >>> level_for(pyramid([800, 400, 200], [b"whole", b"half", b"quarter"]), 256)
    b'half'
    """
    sides, levels = raw.get(SIDES), raw.get(LEVELS)
    is_pyramid = isinstance(sides, list) and isinstance(levels, (list, Levels)) and len(sides) == len(levels) > 0
    if not is_pyramid or sides is None or levels is None:
        raise Unreadable(f"a dict of a picture has {SIDES!r} and {LEVELS!r}; this one has {sorted(map(str, raw))[:5]}")
    enough = [place for place, side in enumerate(sides) if isinstance(side, int) and side >= size]
    found = levels[enough[-1] if enough else 0]
    if not isinstance(found, bytes):
        raise Unreadable(f"a level of a picture is the bytes of a file; {type(found).__name__} came")
    return found
