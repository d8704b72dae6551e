"""Every error polymodal raises on purpose.

    PolymodalError
    ├── DataError                 what came in cannot be used as it is
    │   ├── SchemaError           columns, roles or types do not fit
    │   ├── CellError             one cell cannot be read; carries row, column and path
    │   └── UnreadableError       too many cells of a column cannot be read
    ├── SettingError              a setting is unknown or out of range
    ├── FitError                  training cannot start or go on
    ├── ArtifactError             a saved file cannot be loaded or written
    └── MissingExtraError         an optional package is needed; also an ImportError

A message says what was asked, what came, what is allowed and what to do. Faults of one input are
collected and shown together.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class PolymodalError(Exception):
    """Base of every error raised on purpose; catch it to catch them all."""


class DataError(PolymodalError, ValueError):
    """What came in cannot be used as it is."""


class SchemaError(DataError):
    """Columns, roles or types do not fit; `faults` lists each one."""

    def __init__(self, summary: str, faults: Sequence[str] = ()) -> None:
        self.faults = tuple(faults)
        super().__init__(summary + "".join(f"\n  - {fault}" for fault in self.faults))


class CellError(DataError):
    """One cell that cannot be read: where it is and why; with `item`, counted from 1, one of several things in it."""

    def __init__(self, row: object, column: str, reason: str, path: str | None = None, item: int | None = None) -> None:
        self.row, self.column, self.path, self.item = row, column, path, item
        self.bare = reason
        self.reason = reason if item is None else f"item {item}: {reason}"
        where = f"row {row}, column {column!r}" + (f", file {path}" if path else "")
        super().__init__(f"{where}: {self.reason}")

    def __reduce__(self) -> tuple[type[CellError], tuple[object, ...]]:
        return type(self), (self.row, self.column, self.bare, self.path, self.item)


class UnreadableError(DataError):
    """More cells of a column than allowed cannot be read; `cells` holds each of them."""

    def __init__(self, summary: str, cells: Sequence[CellError]) -> None:
        self.cells = tuple(cells)
        shown = [f"\n  - {cell}" for cell in self.cells[:20]]
        if len(self.cells) > len(shown):
            shown.append(f"\n  ... and {len(self.cells) - len(shown)} more in `.cells`")
        self.summary = summary
        super().__init__(summary + "".join(shown))

    def __reduce__(self) -> tuple[type[UnreadableError], tuple[object, ...]]:
        return type(self), (self.summary, self.cells)


class SettingError(PolymodalError, ValueError):
    """A setting is unknown or out of range."""


class FitError(PolymodalError, RuntimeError):
    """Training cannot start or go on."""


class ArtifactError(PolymodalError, OSError):
    """A saved file cannot be loaded or written."""


class MissingExtraError(PolymodalError, ImportError):
    """An optional package is needed for what was asked."""

    def __init__(self, what: str, extra: str) -> None:
        self.what, self.extra = what, extra
        super().__init__(f"{what} needs an optional package. Install it with:  pip install 'polymodal[{extra}]'")

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str]]:
        return type(self), (self.what, self.extra)


def near_miss(name: str, allowed: Iterable[str]) -> str:
    """A sentence that suggests the closest allowed name, then lists them (the first twenty, where there are many).

    >>> near_miss("transfomer", ["late", "transformer"])
    "Did you mean 'transformer'? Allowed: 'late', 'transformer'."
    >>> near_miss("X", ["x", "y"])
    "Did you mean 'x'? Allowed: 'x', 'y'."
    """
    names = sorted(set(allowed))
    alike = [one for one in names if one.casefold() == str(name).casefold()]
    close = alike or difflib.get_close_matches(str(name), names, n=1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return f"{hint}Allowed: {', '.join(map(repr, names[:20])) or 'none'}{more}."
