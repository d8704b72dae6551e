"""How a folder in the layout of sentence-transformers turns token states into one vector."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from torch import Tensor

from polymodal.errors import ArtifactError, SettingError

_POOLINGS = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_lasttoken": "last",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_length",
}
_NAMES = {name: name for name in _POOLINGS.values()} | {"lasttoken": "last", "mean_sqrt_len_tokens": "mean_sqrt_length"}


class Sentence(BaseModel):
    """Pooling and the rest; the defaults hold for a folder that says nothing: plain mean over the tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pooling: str = "mean"
    normalize: bool = False
    max_length: int | None = None
    lowercase: bool = False
    prompt: str = ""
    network: str = ""  # folder of the network below the model's own


def read_sentence(folder: Path) -> Sentence:
    """What `modules.json` and its neighbours say. Raises SettingError for a step that is not known here."""
    modules = _json(folder / "modules.json") or []
    kinds = [str(module["type"]).rpartition(".")[2] for module in modules]
    if not kinds:
        return Sentence()
    if kinds not in (["Transformer"], ["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise SettingError(
            f"pretrained={str(folder)!r}: its modules.json lists {', '.join(kinds)}; allowed are Transformer, Pooling, "
            "Normalize, in that order. Choose another model, or give its Transformer folder alone (mean pooling)."
        )
    network = folder / str(modules[0]["path"])
    stated = next((_json(path) for path in sorted(network.glob("sentence_*_config.json"))), None) or {}
    settings = _json(folder / "config_sentence_transformers.json") or {}
    pooling = _json(folder / str(modules[1]["path"]) / "config.json") or {} if len(kinds) > 1 else {}
    prompt = (settings.get("prompts") or {}).get(settings.get("default_prompt_name")) or ""
    if prompt and not pooling.get("include_prompt", True):
        raise SettingError(f"pretrained={str(folder)!r} pools without its prompt; that is not known here")
    return Sentence(
        pooling=_pooling(pooling, folder),
        normalize="Normalize" in kinds,
        max_length=stated.get("max_seq_length"),
        lowercase=bool(stated.get("do_lower_case", False)),
        prompt=prompt,
        network=str(modules[0]["path"]),
    )


def pool(states: Tensor, how: str) -> Tensor:
    """Token states `[n, L, E]`, all of them real, to vectors `[n, E]`.

    >>> import torch
    >>> pool(torch.tensor([[[1.0], [3.0]]]), "mean").tolist()
    [[2.0]]
    """
    if how == "cls":
        return states[:, 0]
    if how == "last":
        return states[:, -1]
    if how == "max":
        return states.max(dim=1).values
    if how == "mean_sqrt_length":
        return states.sum(dim=1) / states.shape[1] ** 0.5
    assert how == "mean", how
    return states.mean(dim=1)


def _pooling(config: dict[str, Any], folder: Path) -> str:
    if not config:
        return "mean"
    chosen = [name for flag, name in _POOLINGS.items() if config.get(flag)]
    chosen += [
        str(flag) for flag in config if flag.startswith("pooling_mode_") and flag not in _POOLINGS and config[flag]
    ]
    named = config.get("pooling_mode")
    chosen += [named] if isinstance(named, str) else list(named or ())
    if len(chosen) != 1 or chosen[0] not in _NAMES:
        raise SettingError(
            f"pretrained={str(folder)!r} pools by {' and '.join(map(str, chosen)) or 'nothing'}; allowed is one of "
            f"{', '.join(sorted(set(_NAMES.values())))}"
        )
    return _NAMES[chosen[0]]


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ArtifactError(f"{path} is not JSON: {error}") from error
