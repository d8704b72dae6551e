"""An environment of its own for each library that is compared, built once under a cache folder."""

from __future__ import annotations

import os
import site
import subprocess
import sys
from pathlib import Path

PACKAGES = {
    "webdataset": ["webdataset"],
    "litdata": ["litdata"],
    "streaming": ["mosaicml-streaming"],
    "datasets": ["datasets"],
    "grain": ["grain"],
    "open_clip": ["open_clip_torch"],
}
NAMES = tuple(name for name in PACKAGES if name != "open_clip")


def environment(name: str) -> Path:
    """The Python of the environment of a library.

    What it shares with ours (torch, NumPy, Pillow) is taken from here unless it needs another version. Raises
    CalledProcessError when it cannot be installed.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "polymodal" / "benchmarks" / name
    python = cache / "bin" / "python"
    if (cache / "ready").exists():
        return python
    subprocess.run([sys.executable, "-m", "venv", str(cache)], check=True, capture_output=True, text=True)
    [folder] = (cache / "lib").glob("python*/site-packages")
    (folder / "shared.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES[name]]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (cache / "ready").touch()
    return python
