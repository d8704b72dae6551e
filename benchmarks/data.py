"""Where data sets too large to bundle lie."""

from __future__ import annotations

import os
from pathlib import Path


def folder(name: str) -> Path:
    """The folder of a data set, below `POLYMODAL_DATA` (`../shared/data` unless set); ends the script without it."""
    root = Path(os.environ.get("POLYMODAL_DATA", "../shared/data"))
    if not (root / name).is_dir():
        raise SystemExit(
            f"this benchmark needs the data set {name!r} in {(root / name).resolve()}, which is not there. "
            "Set POLYMODAL_DATA to the folder that holds it."
        )
    return root / name
