"""What is saved as JSON: read with care, as files come from anywhere."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from polymodal.errors import ArtifactError

VERSION = 1
_LARGEST = 512 * 2**20  # bytes


def parsed(text: str | bytes, kinds: Sequence[str], where: str = "what was given") -> dict[str, Any]:
    """The document, once it says that it is one of some kinds ("transform", "registration"), of a version known here.

    Raises ArtifactError otherwise.
    """
    what = " or ".join(kinds)
    try:
        found = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        told = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise ArtifactError(f"{where} is not a saved {what}: {told}") from error
    kind = found.get("polymodal") if isinstance(found, dict) else None
    if kind not in kinds:
        told = f"it is a saved {kind}" if isinstance(kind, str) else "it is JSON of something else"
        raise ArtifactError(f"{where} is not a saved {what}: {told}")
    version = found.get("version")
    if type(version) is not int or version < 1:
        raise ArtifactError(f"{where} is damaged: its version is {version!r}")
    if version > VERSION:
        raise ArtifactError(
            f"{where} has version {version}, and this polymodal reads up to {VERSION}; install a newer polymodal"
        )
    whole: dict[str, Any] = found
    return whole


def read(path: str | os.PathLike[str]) -> str:
    """The text of a file; raises ArtifactError when it cannot be read, is too large or is no text."""
    try:
        n = Path(path).stat().st_size
        if n > _LARGEST:
            raise ArtifactError(f"{path} has {n / 2**20:,.0f} MB; what is saved here has at most {_LARGEST // 2**20}")
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ArtifactError(f"{path} is not JSON: {error}") from error
    except ArtifactError:
        raise
    except OSError as error:
        raise ArtifactError(f"cannot read {path}: {error.strerror or error}") from error


def written(what: str, content: dict[str, Any]) -> dict[str, Any]:
    """The document around some content."""
    return {"polymodal": what, "version": VERSION, **content}


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number")
