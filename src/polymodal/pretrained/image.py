"""Pictures through a frozen `timm` network: one vector a picture."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from polymodal.errors import ArtifactError, SettingError
from polymodal.pretrained._checkpoint import fill, find
from polymodal.pretrained._embedder import FORMAT, Embedder, undisturbed_random
from polymodal.pretrained._hub import require
from polymodal.pretrained._picture import Preparation
from polymodal.registry import EMBEDDERS
from polymodal.schema.modality import Modality

_NEEDED = ("input_size", "fixed_input_size", "interpolation", "crop_pct", "crop_mode", "mean", "std")
_SHAPING = ("num_classes", "pool_size", "first_conv", "classifier")
_STACKS = (("blocks",), ("stages",), ("layers",), ("layer1", "layer2", "layer3", "layer4"), ("features",))
_UNREADABLE = (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError)


@EMBEDDERS.register("image")
class ImageEmbedder(Embedder):
    """A `timm` network without its classifier: pooled features of a picture (Wightman 2019).

    `name` is a model of timm ("resnet50.a1_in1k"), a hub name ("owner/model"), a folder in the hub's layout
    (config.json and model.safetensors), or "MODEL@weights.safetensors" for weights alone.

    >>> EMBEDDERS.get("image").__name__
    'ImageEmbedder'
    """

    def __init__(self, network: nn.Module, config: dict[str, Any]) -> None:
        super().__init__(network, config)
        self.preparation = Preparation.model_validate(config["pretrained_cfg"])

    @property
    def shorter_side(self) -> int:
        """Pixels that the shorter side of a picture should have at least; a smaller one is enlarged."""
        return min(self.preparation.scaled)

    def suited(self, modality: Modality) -> Modality:
        """Pictures kept at twice the shorter side that is needed, so that long ones keep enough of theirs."""
        if "size" in modality.model_fields_set:
            return modality
        return modality.model_copy(update={"size": 2 * self.shorter_side})

    @classmethod
    def load(cls, name: str, device: torch.device | str = "cpu") -> Self:
        require("timm", f"pretrained={name!r}", "image")
        found = find(name)
        settings = found.settings
        Preparation.from_pretrained(name, settings)
        config = {
            "format": FORMAT,
            "architecture": found.architecture,
            "pretrained_cfg": {key: settings[key] for key in (*_NEEDED, *_SHAPING) if settings.get(key) is not None},
            "model_args": {key: value for key, value in found.arguments.items() if key != "num_classes"},
            "width": 0,
        }
        config = json.loads(json.dumps(config))
        try:
            network = _build(config)
        except _UNREADABLE as error:
            raise ArtifactError(f"pretrained={name!r}: timm cannot build {found.architecture!r}: {error}") from error
        fill(name, network, found)
        embedder = cls(network, config)
        embedder.width = config["width"] = embedder._probe(name)
        return embedder.to(device)

    @classmethod
    def restore(cls, weights: Mapping[str, Tensor], config: dict[str, Any]) -> Self:
        require("timm", "the saved image encoder", "image")
        try:
            network = _build(config)
            network.load_state_dict(dict(weights))
            return cls(network, config)
        except _UNREADABLE as error:
            raise ArtifactError(f"a saved image encoder cannot be rebuilt: {error}") from error

    def blocks(self) -> list[nn.Module]:
        for names in _STACKS:
            stages = [getattr(self._network, name) for name in names if hasattr(self._network, name)]
            if stages:
                return [block for stage in stages for block in _flat(stage)]
        return []

    @property
    def probe(self) -> np.ndarray:
        return np.arange(3 * 64, dtype=np.uint8).reshape(8, 8, 3)

    def blank(self, states: Tensor) -> Tensor:
        return torch.zeros(len(states), *self.preparation.input_size, device=states.device)

    def _batches(self, samples: Sequence[np.ndarray], batch: int) -> Iterator[tuple[list[int], Tensor]]:
        # On a CPU several pictures at once gain nothing, and a convolution may round them differently.
        size = 1 if self.device.type == "cpu" else batch
        for start in range(0, len(samples), size):
            some = samples[start : start + size]
            pixels = np.stack([self.preparation.apply(sample) for sample in some])
            yield list(range(start, start + len(some))), torch.from_numpy(pixels)

    def _forward(self, inputs: Tensor) -> Tensor:
        vectors: Tensor = self._network(inputs)
        return vectors

    def _probe(self, name: str) -> int:
        _, inputs = next(self._batches([np.zeros((8, 8, 3), dtype=np.uint8)], 1))
        with torch.inference_mode():
            return self._pooled(name, self._forward(inputs))

    @staticmethod
    def _pooled(name: str, vectors: Tensor) -> int:
        if vectors.ndim != 2:
            shape = tuple(vectors.shape[1:])
            raise SettingError(f"pretrained={name!r} gives {shape} for a picture, not one vector; pool it")
        return int(vectors.shape[1])


def _flat(stage: nn.Module) -> list[nn.Module]:
    if not isinstance(stage, (nn.Sequential, nn.ModuleList)):
        return [stage]
    return [block for child in stage for block in _flat(child)]


def _build(config: dict[str, Any]) -> nn.Module:
    import timm

    with undisturbed_random():
        network: nn.Module = timm.create_model(
            config["architecture"],
            pretrained=False,
            pretrained_cfg=config["pretrained_cfg"],
            num_classes=0,
            **config["model_args"],
        )
        return network
