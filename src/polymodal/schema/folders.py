"""Files in folders, one folder for each class, as a table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

FILE, LABEL = "file", "label"


def by_folder(folder: Path) -> pd.DataFrame | None:
    """A row for each file: `file`, its path from the folder, and `label`, the name of the folder that it is in.

    None unless there are nothing but two or more folders, and nothing but files in them; hidden ones are passed over,
    and `_` begins no class, but what programs keep.
    """
    classes = _seen(folder)
    if len(classes) < 2 or not all(one.is_dir() and one.name[0] != "_" for one in classes):
        return None
    files = [file for one in classes for file in _seen(one)]
    if not files or not all(file.is_file() for file in files):
        return None
    paths = [f"{file.parent.name}/{file.name}" for file in files]
    return pd.DataFrame({FILE: paths, LABEL: [file.parent.name for file in files]})


def _seen(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.name[0] != ".")
