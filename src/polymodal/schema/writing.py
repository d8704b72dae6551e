"""Files replaced as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from polymodal.errors import ArtifactError


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file by new content as a whole or not at all. Raises ArtifactError when it cannot be written."""
    if path.is_dir():
        raise ArtifactError(f"cannot write {path}: it is a folder; give the name of a file")
    if path.exists() and not path.is_file():
        raise ArtifactError(f"cannot write {path}: it is a device or a pipe; give the name of a file")
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(beside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise ArtifactError(
            f"cannot write {path}: {error.strerror or error}; what was there before is unharmed"
        ) from error
