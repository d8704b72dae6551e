"""What a look over the raw columns finds: duplicates, shared ids, constant columns, values worth knowing of."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from polymodal.schema.cells import is_absent
from polymodal.schema.delimited import GAPS

if TYPE_CHECKING:
    from polymodal.schema.table import Table

_HUGE = 1_000_000
_GAP_WORDS = frozenset(GAPS) - {""}


def duplicate_rows(table: Table) -> list[np.ndarray]:
    """Groups of row positions with the same decoded content in every modality, whatever their ids and labels.

    Rows with nothing present are no duplicates of each other.
    """
    cells = [table.cells(name) for name in table.schema.names]
    rows_of: dict[bytes, list[int]] = {}
    for row in range(len(table)):
        if any(one.state[row] for one in cells):
            content = hashlib.blake2b(digest_size=16)
            for one in cells:
                content.update(bytes([one.state[row]]))
                _feed(content, one.samples[row])
            rows_of.setdefault(content.digest(), []).append(row)
    return [np.array(rows) for rows in rows_of.values() if len(rows) > 1]


def duplicate_ids(table: Table) -> dict[str, int]:
    """How many rows have each id that names more than one."""
    ids = table.role("id")
    counts = Counter(ids.dropna().astype(str)) if ids is not None else {}
    return {one: count for one, count in counts.items() if count > 1}


def shared_ids(table: Table) -> dict[str, list[str]]:
    """The groups of each id that is found in more than one."""
    ids, groups = table.role("id"), table.role("group")
    if ids is None or groups is None or ids.name == groups.name:
        return {}
    pairs = (
        pd.DataFrame({"id": ids.astype(object), "group": groups.astype(object)}).dropna().astype(str).drop_duplicates()
    )
    return {str(one): sorted(found) for one, found in pairs.groupby("id")["group"] if len(found) > 1}


def constant_columns(table: Table) -> list[str]:
    """Columns in use that hold one value only, wherever they hold any."""
    used = used_columns(table)
    numeric = table.frame[used].select_dtypes("number")
    low, high = numeric.min(), numeric.max()
    constant = set(numeric.columns[(low == high).to_numpy()])
    for column in used:
        if column not in numeric.columns:
            values = [value for value in table.frame[column] if not is_absent(value)]
            if values and len({_digest(value) for value in values}) == 1:
                constant.add(column)
    return [column for column in used if column in constant]


def oddities(table: Table) -> Iterator[tuple[str, str]]:
    """Pairs of a column and what is worth knowing of it."""
    for name in table.schema.names:
        if len(table) and not table.cells(name).present.any():
            yield name, "is never present"
        told = Counter(note for _, note in table.cells(name).notes)
        for note, count in told.items():
            rows = [str(row) for row, one in table.cells(name).notes if one == note]
            more = ", ..." if len(rows) > 5 else ""
            yield name, f"{'1 cell' if count == 1 else f'{count} cells'} with {note}: rows {', '.join(rows[:5])}{more}"
    for column in used_columns(table):
        values = table.frame[column]
        if values.dtype.kind == "f":
            infinite = int(np.isinf(values.to_numpy()).sum())
            if infinite:
                yield column, f"{_cells(infinite)} infinite and cannot be read"
        elif not isinstance(values.dtype, np.dtype) or values.dtype.kind == "O":
            for finding in _odd_objects(values):
                yield column, finding
    for role, column in table.schema.roles.items():
        gaps = int(table.frame[column].isna().sum()) if column in table.frame.columns else 0
        if gaps and role in ("id", "group"):
            yield column, f"is the {role} and empty in {gaps} rows; each of them is taken as standing alone"


def used_columns(table: Table) -> list[str]:
    """The columns of the frame that modalities read."""
    reads = (column for name, one in table.schema.modalities.items() for column in one.sources(name))
    return [column for column in dict.fromkeys(reads) if column in table.frame.columns]


def _odd_objects(values: pd.Series) -> Iterator[str]:
    known = values.dropna()
    kinds = Counter(_kind(value) for value in known)
    if len(kinds) > 1:
        yield "mixed types: " + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    texts = [value for value in known if isinstance(value, str)]
    if texts:
        empty = sum(not text.strip() for text in texts)
        if empty:
            yield f"{_cells(empty)} present but hold empty text; leave a cell empty (null) where nothing is known"
        words = Counter(text for text in texts if text in _GAP_WORDS)
        if words:
            listed = ", ".join(f"{word!r} {count} times" for word, count in words.most_common(5))
            yield f"holds {listed}, taken as text; leave a cell empty (null) where nothing is known"
        numbers = pd.to_numeric(pd.Series(texts), errors="coerce").notna()
        if numbers.mean() >= 0.5 and len(texts) > 1:
            rest = len(texts) - int(numbers.sum())
            yield "numbers stored as text" + (f", but for {rest} that are none" if rest else "")
    for row, value in known.items():
        if isinstance(value, (str, bytes)) and len(value) > _HUGE:
            unit = "characters" if isinstance(value, str) else "bytes"
            yield f"row {row} holds {len(value):,} {unit}"


def _kind(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "bool"
    if isinstance(value, (int, float, np.number)):
        return "number"
    return {"str": "text", "ndarray": "list", "tuple": "list"}.get(type(value).__name__, type(value).__name__)


def _cells(count: int) -> str:
    return f"{count} cell is" if count == 1 else f"{count} cells are"


def _digest(value: Any) -> bytes:
    content = hashlib.blake2b(digest_size=16)
    _feed(content, value)
    return content.digest()


def _feed(content: hashlib.blake2b, value: Any) -> None:
    if isinstance(value, np.ndarray) and value.dtype != object:
        content.update(f"{value.dtype}{value.shape}".encode())
        content.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, (str, bytes, bytearray, memoryview)):
        content.update(f"[{len(value)}".encode())
        for one in value:
            _feed(content, one)
    elif isinstance(value, dict):
        _feed(content, sorted(value.items(), key=str))
    else:
        data = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
        content.update(f"{type(value).__name__}{len(data)}:".encode())
        content.update(data)
