"""A result's picture as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from polymodal.cli._console import note
from polymodal.errors import ArtifactError, SettingError


def save(result: Any, path: Path | None) -> None:
    """Draw `result` into `path`; nothing when no path was asked for.

    Raises SettingError for a picture format that is not known, ArtifactError when the file cannot be written.
    """
    if path is None:
        return
    figure = result.plot()
    allowed = figure.canvas.get_supported_filetypes()
    if path.suffix.lstrip(".") not in allowed:
        raise SettingError(f"--plot {path}: unknown ending. Allowed: {', '.join('.' + one for one in sorted(allowed))}")
    try:
        figure.savefig(path, bbox_inches="tight", dpi=150)
    except OSError as error:
        raise ArtifactError(f"cannot write {path}: {error.strerror or error}") from error
    note(f"Drew {path}")
