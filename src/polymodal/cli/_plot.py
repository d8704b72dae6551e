"""A result's picture as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from polymodal.cli._console import note
from polymodal.errors import ArtifactError, SettingError


def refuse_ending(path: Path | None) -> None:
    """Raises SettingError for a picture format that is not known; asked before the work, not after it."""
    if path is None:
        return
    from matplotlib.backend_bases import FigureCanvasBase  # slow to import

    allowed = FigureCanvasBase.get_supported_filetypes()
    if path.suffix.lstrip(".") not in allowed:
        raise SettingError(f"--plot {path}: unknown ending. Allowed: {', '.join('.' + one for one in sorted(allowed))}")


def save(result: Any, path: Path | None) -> None:
    """Draw `result` into `path`; nothing when no path was asked for.

    Raises SettingError for a picture format that is not known, ArtifactError when the file cannot be written.
    """
    if path is None:
        return
    refuse_ending(path)
    try:
        result.plot().savefig(path, bbox_inches="tight", dpi=150)
    except OSError as error:
        raise ArtifactError(f"cannot write {path}: {error.strerror or error}") from error
    note(f"Drew {path}")
