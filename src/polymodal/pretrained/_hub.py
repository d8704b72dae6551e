"""Where a pretrained model's files lie: a local folder, or the hub's cache after a download."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from polymodal.errors import ArtifactError, MissingExtraError, PolymodalError, SettingError


def folder_of(name: str, patterns: Sequence[str], extra: str) -> Path:
    """The folder with a model's files: `name` itself when it is one, else its download from the hub.

    Only files that match `patterns` are fetched; what is in the hub's cache already is not fetched again, and with
    no network the cache alone is used. Raises SettingError for what can be neither folder nor hub name,
    ArtifactError when neither cache nor hub has it, MissingExtraError without `huggingface_hub`.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    if path.is_absolute() or name.startswith(("~", ".")) or name.count("/") > 1 or "\\" in name or path.is_file():
        raise SettingError(
            f"pretrained={name!r}: there is no folder of that name. Give a folder that holds config.json and the "
            "weights, or a hub name such as 'owner/model'."
        )
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise MissingExtraError(f"pretrained={name!r}", extra) from error
    try:
        return Path(snapshot_download(name, allow_patterns=list(patterns)))
    except (OSError, ValueError) as error:
        raise ArtifactError(
            f"pretrained={name!r} cannot be had. Tried: the folder {path.absolute()}; the hub's local cache; the hub "
            f"itself ({_first_line(error)}). Check the spelling. Without network, download the model where there is "
            f"one (hf download {name} --local-dir FOLDER), copy the folder here and give its path: pretrained='FOLDER'."
        ) from error


def require(package: str, what: str, extra: str) -> None:
    """Check that the optional package that `what` needs can be imported.

    Raises MissingExtraError when it is not installed, PolymodalError when torchvision, which it imports, is there
    but was built for another torch.
    """
    if find_spec("torchvision") is not None:
        try:
            importlib.import_module("torchvision")
        except (ImportError, RuntimeError, OSError) as error:
            raise PolymodalError(
                f"{what} needs {package}, which imports torchvision, and torchvision "
                f"{_version('torchvision')} does not work with torch {_version('torch')} ({_first_line(error)}). "
                "Install the torchvision made for that torch, from the same place (CPU and CUDA builds differ)."
            ) from error
    try:
        importlib.import_module(package)
    except ImportError as error:
        raise MissingExtraError(what, extra) from error


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "of unknown version"


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
