"""Networks that bring pictures and text into one space, such as CLIP (Radford et al. 2021)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from polymodal.errors import ArtifactError, SettingError
from polymodal.pretrained._embedder import exact_inference, undisturbed_random
from polymodal.pretrained._hub import folder_of, require
from polymodal.pretrained._picture import Preparation
from polymodal.pretrained._transformers import UNREADABLE, quiet

_FILES = ("*.json", "*.txt", "*.model", "model*.safetensors", "pytorch_model*.bin")
_RESAMPLING = ("nearest", "lanczos", "bilinear", "bicubic", "box", "hamming")  # as Pillow counts them


class SharedSpace:
    """A frozen `transformers` network with a picture and a text tower (CLIP, SigLIP, ALIGN, ...).

    Attributes:
        width: E, the length of a vector.
        preparation: how pictures are brought to what the network was trained on.
    """

    def __init__(self, network: nn.Module, tokenizer: Any, preparation: Preparation, name: str) -> None:
        self._network: Any = network.float().eval().requires_grad_(False)
        self._tokenizer, self.preparation, self.name = tokenizer, preparation, name
        self.width = int(self.embed([np.zeros((8, 8, 3), dtype=np.uint8)]).shape[1])

    @classmethod
    def load(cls, name: str) -> Self:
        """That of a hub name or a local folder.

        Raises MissingExtraError without `transformers`, SettingError for a model that has no such space, ArtifactError
        when its files cannot be had or read.
        """
        require("transformers", f"model={name!r}", "text")
        folder = folder_of(name, _FILES, "text")
        network, tokenizer = _read(name, folder)
        return cls(network, tokenizer, _preparation(name, folder), name)

    @property
    def shorter_side(self) -> int:
        """Pixels that the shorter side of a picture should have at least."""
        return min(self.preparation.scaled)

    @property
    def sharpness(self) -> float:
        """What cosines are multiplied by to be logits."""
        return float(self._network.logit_scale.exp())

    def embed(self, samples: Sequence[np.ndarray]) -> np.ndarray:
        """Pictures `[H, W, 3]` uint8 as vectors `[n, E]` of unit length."""
        found = []
        with exact_inference(torch.device("cpu")):
            for sample in samples:
                pixels = torch.from_numpy(self.preparation.apply(sample))[None]
                found.append(_unit(self._network.get_image_features(pixel_values=pixels)))
        return torch.cat(found).numpy() if found else np.zeros((0, self.width), dtype=np.float32)

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Texts as vectors `[n, E]` of unit length."""
        found = []
        with exact_inference(torch.device("cpu")):
            for text in texts:
                given = self._tokenizer(text, return_tensors="pt", truncation=True, **self._padding)
                given = {key: given[key] for key in ("input_ids", "attention_mask") if key in given}
                found.append(_unit(self._network.get_text_features(**given)))
        return torch.cat(found).numpy() if found else np.zeros((0, self.width), dtype=np.float32)

    @property
    def _padding(self) -> dict[str, Any]:
        config = self._network.config
        longest = getattr(config.text_config, "max_position_embeddings", None)
        limit = {} if longest is None else {"max_length": int(longest)}
        # SigLIP was trained on padded texts and reads the last place, padding or not.
        return limit | ({"padding": "max_length"} if str(config.model_type).startswith("siglip") else {})

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over what decides the vector of a picture."""
        digest = hashlib.sha256(self.preparation.model_dump_json().encode())
        for name, weight in sorted(self._network.state_dict().items()):
            if not name.startswith("text_"):
                digest.update(f"{name} {tuple(weight.shape)}".encode())
                digest.update(weight.contiguous().reshape(-1).view(torch.uint8).numpy().data)
        return digest.hexdigest()

    def export(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Weights and what is done to pictures."""
        return dict(self._network.state_dict()), self.preparation.model_dump()


def _unit(found: Any) -> Tensor:
    vectors: Tensor = getattr(found, "pooler_output", found)
    return nn.functional.normalize(vectors, dim=-1)


def _read(name: str, folder: Path) -> tuple[nn.Module, Any]:
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    try:
        with quiet(), undisturbed_random():
            config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
            network, report = AutoModel.from_pretrained(
                folder,
                config=config,
                trust_remote_code=False,
                weights_only=True,
                output_loading_info=True,
                dtype=torch.float32,
            )
            towers = all(hasattr(network, one) for one in ("get_image_features", "get_text_features", "logit_scale"))
            tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False) if towers else None
    except UNREADABLE as error:
        raise ArtifactError(
            f"model={name!r}: transformers cannot read {folder}: {error}. It must hold config.json, model.safetensors, "
            "preprocessor_config.json and the tokenizer's files; models that bring their own code are not run."
        ) from error
    if tokenizer is None:
        raise SettingError(
            f"model={name!r} is a {type(network).__name__}, which does not bring pictures and text into one space; "
            "choose one like CLIP, such as 'openai/clip-vit-base-patch32'"
        )
    if report["missing_keys"] or report["mismatched_keys"]:
        lacking = sorted(map(str, report["missing_keys"]))[:5]
        raise ArtifactError(f"model={name!r}: the weights in {folder} do not fit its config.json; missing: {lacking}")
    return network, tokenizer


def _preparation(name: str, folder: Path) -> Preparation:
    """What preprocessor_config.json says, or processor_config.json, where newer releases put it."""
    stated: dict[str, Any] = {}
    for file in ("preprocessor_config.json", "processor_config.json"):
        try:
            found = json.loads((folder / file).read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except ValueError as error:
            raise ArtifactError(f"model={name!r}: {folder / file} is no JSON: {error}") from error
        stated = found.get("image_processor", found)
        if "image_mean" in stated:
            break
    if not stated:
        raise ArtifactError(
            f"model={name!r}: {folder} has no preprocessor_config.json, which says how pictures are read"
        )
    return Preparation.from_pretrained(name, _as_timm(stated))


def _as_timm(stated: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a `transformers` image processor under the names of `timm`; None for what is not stated."""
    size, crop = _sides(stated.get("size")), _sides(stated.get("crop_size"))
    crops = bool(stated.get("do_center_crop", crop is not None)) and crop is not None
    final = crop if crops else size
    resample = stated.get("resample")
    one_side = isinstance(stated.get("size"), int) or "shortest_edge" in (stated.get("size") or {})
    return {
        "input_size": None if final is None else (3, *final),
        "interpolation": _RESAMPLING[resample] if isinstance(resample, int) and 0 <= resample < 6 else None,
        "mean": stated.get("image_mean"),
        "std": stated.get("image_std"),
        "crop_pct": None if final is None or size is None else min(1.0, final[0] / size[0]),
        "crop_mode": "center" if one_side else "squash",
    }


def _sides(size: Any) -> tuple[int, int] | None:
    if isinstance(size, int):
        return size, size
    if isinstance(size, Mapping) and "shortest_edge" in size:
        return int(size["shortest_edge"]), int(size["shortest_edge"])
    if isinstance(size, Mapping) and {"height", "width"} <= set(size):
        return int(size["height"]), int(size["width"])
    return None
