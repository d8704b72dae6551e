"""Joins of a table with the files of a folder, by what their names say."""

from __future__ import annotations

import os
import re
from typing import Any

import numpy as np
import pandas as pd

from polymodal.align._columns import need_columns
from polymodal.align.joined import Joined
from polymodal.align.pair._gathering import Several
from polymodal.align.pair.keys import by_key
from polymodal.errors import DataError, SettingError
from polymodal.schema.read import files_folder, read_frame

_FIELD = re.compile(r"\{(\w+)\}")


def files(
    left: Any,
    folder: str | os.PathLike[str],
    pattern: str,
    *,
    column: str = "file",
    several: Several = "error",
) -> Joined:
    """To each row of a table the path of its file, relative to `folder`, by what the file's name says.

    `pattern` is a path below the folder: `{name}` stands for the column of that name, `*` for anything within a name,
    `**` for folders. Values are compared as text. `several` is that of `by_key`. Rows without a file and files without
    a row are listed; files of other names are counted.

    Raises SettingError for a pattern without a column, DataError where no file has such a name, and what `by_key`
    raises.

    >>> files(patients, "scans/", "{patient}/*.png", several="list").table["file"][0]  # doctest: +SKIP
    ['P001/front.png', 'P001/side.png']
    """
    frame, _ = read_frame(left)
    names = _FIELD.findall(pattern)
    if not names or len(set(names)) < len(names):
        raise SettingError(f"pattern={pattern!r} has to name columns of the table once each, as in '{{patient}}/*.png'")
    need_columns(frame, names, "left")
    root = files_folder(folder)
    there = sorted(
        os.path.relpath(os.path.join(at, name), root).replace(os.sep, "/")
        for at, _, inside in os.walk(root)
        for name in inside
        if not name.startswith(".")
    )
    named = re.compile(_expression(pattern))
    found = [(path, match.groupdict()) for path in there if (match := named.fullmatch(path))]
    if not found:
        shown = ", ".join(there[:3]) or "it is empty"
        raise DataError(f"no file in {root} is named like {pattern!r}; there are {len(there)} files, such as {shown}")
    right = pd.DataFrame(
        {**{one: [told[one] for _, told in found] for one in names}, column: [path for path, _ in found]}
    )
    texts = {one: _as_text(frame[one]) for one in names}
    joined = by_key(frame.assign(**texts), right, names, several=several)
    # The key as it came, not as text.
    own = np.arange(len(frame))
    if several == "rows":
        own = np.repeat(own, np.bincount(joined.pairs[:, 0], minlength=len(frame)).clip(1))
    table = joined.table.assign(**{one: frame[one].take(own).to_numpy() for one in names})
    notes = list(joined.notes)
    if len(there) > len(found):
        notes.append(f"{len(there) - len(found)} of {len(there)} files are not named like {pattern!r}")
    zeros = _by_zeros(texts, right, names)
    if zeros:
        notes.append(zeros)
    return Joined(
        **{name: getattr(joined, name) for name in ("links", "scale", "left", "near_misses")},
        how=f"with files {pattern!r}",
        table=table,
        right=type(joined.right)(pd.Index(right[column]), joined.right.codes, joined.right.reasons),
        notes=tuple(notes),
    )


def _expression(pattern: str) -> str:
    parts = re.split(r"(\{\w+\}|\*\*/|\*\*|\*|\?)", pattern)
    stands = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(
        f"(?P<{part[1:-1]}>[^/]+?)" if _FIELD.fullmatch(part) else stands.get(part, re.escape(part)) for part in parts
    )


def _as_text(column: pd.Series) -> pd.Series:
    """Whole numbers without a point; what is absent stays so."""
    told = [
        None if one is None or one != one else f"{one:.0f}" if isinstance(one, float) and one.is_integer() else str(one)
        for one in column.astype(object)
    ]
    return pd.Series(told, index=column.index, dtype=object)


def _by_zeros(texts: dict[str, pd.Series], right: pd.DataFrame, names: list[str]) -> str:
    """A sentence where more would agree but for zeros in front."""
    for name in names:
        own, other = set(texts[name].dropna()), set(right[name])
        missing = {one for one in own - other if one.lstrip("0") in {two.lstrip("0") for two in other - own}}
        if missing:
            one = min(missing)
            return f"{len(missing)} values of {name!r} would agree but for zeros in front, such as {one!r}"
    return ""
