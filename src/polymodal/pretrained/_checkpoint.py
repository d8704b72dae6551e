"""Which `timm` network a name means, how it was trained to see pictures, and its weights."""

from __future__ import annotations

import difflib
import json
import pickle
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from polymodal.errors import ArtifactError, SettingError
from polymodal.pretrained._hub import folder_of

_BROKEN = (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError, EOFError)
_BROKEN_FILE = (*_BROKEN, pickle.UnpicklingError, SafetensorError)


@dataclass(frozen=True)
class Checkpoint:
    """Architecture, file of weights, settings as timm keeps them (`pretrained_cfg`), arguments to build it with."""

    architecture: str
    weights: Path
    settings: dict[str, Any]
    arguments: dict[str, Any] = field(default_factory=dict)


def find(name: str) -> Checkpoint:
    """The checkpoint of a timm model, a hub name, a folder, or "MODEL@file".

    Raises SettingError for a name that is none of them, ArtifactError when the files cannot be had.
    """
    import timm

    name = name.removeprefix("local-dir:").removeprefix("hf-hub:")
    model, at, file = name.partition("@")
    architecture = model.partition(".")[0]
    if Path(name).is_dir() or ("/" in name and not at):
        return _in_folder(name)
    if not timm.is_model(architecture):
        close = difflib.get_close_matches(model, timm.list_models(), n=3)
        raise SettingError(
            f"pretrained={name!r}: timm has no model {architecture!r}, and there is no such folder. "
            f"{'Close: ' + ', '.join(close) + '. ' if close else ''}timm.list_pretrained('*part*') lists them."
        )
    settings = _registered(model)
    if at:
        return Checkpoint(architecture, _existing(name, Path(file).expanduser()), settings)
    if not settings.get("hf_hub_id"):
        raise SettingError(
            f"pretrained={name!r}: its weights are not on the hub. Download {settings.get('url') or 'them'} and "
            f"give pretrained='{name}@path/to/file'."
        )
    file_name = settings.get("hf_hub_filename") or "model.safetensors"
    folder = folder_of(settings["hf_hub_id"], [file_name], "image")
    return Checkpoint(architecture, _existing(name, folder / file_name), settings)


def fill(name: str, network: nn.Module, checkpoint: Checkpoint) -> None:
    """Load the weights, all of them but the classifier's.

    Raises ArtifactError when the file cannot be read, or anything is missing, left over or of another shape.
    """
    classifier = checkpoint.settings.get("classifier") or ()
    heads = tuple(f"{head}." for head in ((classifier,) if isinstance(classifier, str) else classifier))
    weights = _read(checkpoint.weights)
    faults = _load(network, weights, heads)
    convert = getattr(sys.modules[type(network).__module__], "checkpoint_filter_fn", None)
    if faults and convert is not None:  # weights in the layout of the paper's authors
        try:
            faults = _load(network, convert(dict(weights), network), heads)
        except _BROKEN as error:
            faults.append(f"timm cannot convert them ({error})")
    if faults:
        raise ArtifactError(
            f"pretrained={name!r}: {checkpoint.weights} does not fit {checkpoint.architecture}; {len(faults)} faults, "
            f"first: {'; '.join(faults[:6])}"
        )


def _registered(model: str) -> dict[str, Any]:
    from timm.models import get_pretrained_cfg

    try:
        found = get_pretrained_cfg(model)
    except RuntimeError as error:
        raise SettingError(f"pretrained={model!r}: {error}") from error
    if found is None or not found.has_weights:
        raise SettingError(
            f"pretrained={model!r}: timm knows no trained weights for it, and so not how pictures must be prepared. "
            "Choose another (timm.list_pretrained()), or give a folder whose config.json states it."
        )
    settings: dict[str, Any] = found.to_dict()
    return settings


def _in_folder(name: str) -> Checkpoint:
    folder = folder_of(name, ["config.json", "model.safetensors"], "image")
    files = folder / "model.safetensors", folder / "pytorch_model.bin"
    if not any(file.is_file() for file in files):
        folder = folder_of(name, ["config.json", "pytorch_model.bin"], "image")
    path = folder / "config.json"
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtifactError(f"pretrained={name!r}: {path} cannot be read: {error}") from error
    if not isinstance(described, dict) or "architecture" not in described:
        raise SettingError(f"pretrained={name!r}: {path} names no 'architecture' of timm")
    settings = described.get("pretrained_cfg", described)  # older files hold everything at the top
    settings = settings | {key: described[key] for key in ("num_classes",) if key in described}
    weights = _existing(name, *files)
    return Checkpoint(described["architecture"], weights, settings, described.get("model_args") or {})


def _existing(name: str, *paths: Path) -> Path:
    for path in paths:
        if path.is_file():
            return path
    raise ArtifactError(f"pretrained={name!r}: there is no {' nor '.join(map(str, paths))}")


def _read(path: Path) -> dict[str, Tensor]:
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        held = torch.load(path, map_location="cpu", weights_only=True)
        for key in ("state_dict_ema", "state_dict", "model"):
            held = held[key] if isinstance(held.get(key), dict) else held
        return dict(held)
    except _BROKEN_FILE as error:
        raise ArtifactError(f"{path} holds no readable weights: {error}") from error


def _load(network: nn.Module, weights: dict[str, Tensor], heads: tuple[str, ...]) -> list[str]:
    kept = {key: weight for key, weight in weights.items() if not (heads and key.startswith(heads))}
    faults = _misfits(network, kept)
    if not faults:
        network.load_state_dict(kept, strict=False)
    return faults


def _misfits(network: nn.Module, weights: dict[str, Tensor]) -> list[str]:
    own = network.state_dict()
    # Old files lack the counters of batch normalisation, which no output depends on.
    missing = [key for key in own if key not in weights and not key.endswith("num_batches_tracked")]
    return [
        *(f"{key} is missing" for key in missing),
        *(f"{key} has no place" for key in weights if key not in own),
        *(
            f"{key} is {tuple(weight.shape)} and should be {tuple(own[key].shape)}"
            for key, weight in weights.items()
            if key in own and own[key].shape != weight.shape
        ),
    ]
