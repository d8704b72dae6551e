"""What other libraries have saved: annotated matrices as .h5ad and .h5mu, data sets of `datasets` as folders."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from polymodal.errors import DataError, MissingExtraError

_MATRICES = {".h5ad": ("anndata", "read_h5ad"), ".h5mu": ("mudata", "read_h5mu")}
_SET, _SETS = "state.json", "dataset_dict.json"  # in folders that `save_to_disk` wrote


def reopened(source: Any) -> Any:
    """The object that such a file or folder holds, its matrices and cells left on disk; any other source as it is.

    Raises MissingExtraError without the package that wrote it, DataError for what that cannot read, and for a folder of
    several data sets.
    """
    if not isinstance(source, (str, os.PathLike)):
        return source
    path = Path(source).expanduser()
    if path.suffix.lower() in _MATRICES and path.is_file():
        package, reader = _MATRICES[path.suffix.lower()]
        read = _reader(package, reader, "annotated", f"reading {path.suffix.lower()} files")
        return _read(lambda: read(path, backed="r"), path)
    if (path / _SETS).is_file():
        inside = sorted(one.name for one in path.iterdir() if (one / _SET).is_file())
        raise DataError(f"{path} holds several data sets; give one of them: {', '.join(inside)}")
    if (path / _SET).is_file() and (path / "dataset_info.json").is_file():
        load = _reader("datasets", "load_from_disk", "datasets", "reading a data set that was saved to disk")
        return _read(lambda: load(str(path)), path)
    return source


def _reader(package: str, function: str, extra: str, what: str) -> Callable[..., Any]:
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(package), function)
    except ImportError as error:
        raise MissingExtraError(what, extra) from error
    return found


def _read(read: Callable[[], Any], path: Path) -> Any:
    try:
        return read()
    except (OSError, ValueError, KeyError, TypeError) as error:
        first = (str(error) or type(error).__name__).split("\n")[0]
        raise DataError(f"{path} cannot be read: {first}. Write it again.") from error
