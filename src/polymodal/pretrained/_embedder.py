"""A frozen pretrained network as a function from samples to vectors, and what lets it be saved and recognised."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from polymodal.errors import ArtifactError, DataError
from polymodal.schema.modality import Modality

FORMAT = 1  # of `config`; a change of what any setting means, or of what is done to a sample, is a new one


class Embedder(ABC):
    """A frozen pretrained network: samples of one modality to vectors `[n, width]`.

    `config` is JSON-able and, with the weights, all there is to know: `restore(*embedder.export())` is the same
    embedder, made without network, pickle or foreign code.

    Attributes:
        width: E, the length of a vector.
        config: settings of the network and of what is done to a sample before it.
    """

    def __init__(self, network: nn.Module, config: dict[str, Any]) -> None:
        if config["format"] != FORMAT:
            raise ArtifactError(
                f"a pretrained encoder was saved in format {config['format']}; this release reads {FORMAT}. "
                "Install the release of polymodal that saved it, or fit again."
            )
        self._network = network.float().eval().requires_grad_(False)
        self.config = config
        self.width = int(config["width"])

    @classmethod
    @abstractmethod
    def load(cls, name: str, device: torch.device | str = "cpu") -> Self:
        """The embedder of that hub name or local folder.

        Raises MissingExtraError without the optional package, SettingError for a name or model that does not suit,
        ArtifactError when its files cannot be had or read.
        """

    @classmethod
    @abstractmethod
    def restore(cls, weights: Mapping[str, Tensor], config: dict[str, Any]) -> Self:
        """The embedder that `export` wrote down. Raises ArtifactError when weights and config do not fit."""

    @abstractmethod
    def _batches(self, samples: Sequence[Any], batch: int) -> Iterator[tuple[list[int], Tensor]]:
        """Positions of at most `batch` samples, and the network's input for them; each sample once."""

    @abstractmethod
    def _forward(self, inputs: Tensor) -> Tensor:
        """Vectors `[n, E]` of one batch."""

    def embed(self, samples: Sequence[Any], batch: int = 64) -> np.ndarray:
        """Vectors `[n, E]` float32, at most `batch` samples through the network at a time.

        No sample is padded to the length of another, and single precision holds throughout, so a vector does not
        depend on its neighbours. Raises DataError when a vector is not finite.
        """
        vectors = np.zeros((len(samples), self.width), dtype=np.float32)
        with exact_inference(self.device):
            for positions, inputs in self._batches(samples, batch):
                vectors[positions] = self._forward(inputs.to(self.device)).cpu().numpy()
        broken = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
        if len(broken):
            raise DataError(
                f"the pretrained encoder gave NaN or infinity for {len(broken)} of {len(samples)} samples, first "
                f"sample {int(broken[0])}. Its weights may be damaged, or made for another precision."
            )
        return vectors

    def blocks(self) -> list[nn.Module]:
        """The blocks that states pass one after the other; none where the network is not such a stack."""
        return []

    @property
    def probe(self) -> Any:
        """A sample to try it with."""
        return ""

    def shape_of(self, states: Tensor) -> tuple[int, ...]:
        """The shape of one sample's states, of which -1 is any length."""
        return tuple(states.shape[1:])

    def blank(self, states: Tensor) -> Tensor:
        """An input of the network that gives states of the same shape."""
        return states

    def suited(self, modality: Modality) -> Modality:
        """The modality with cells kept as this encoder needs them, where the user did not say how."""
        return modality

    def export(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Weights (copies, on the CPU) and JSON-able config that suffice to rebuild it."""
        return self._weights(), json.loads(json.dumps(self.config))

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over the weights and every setting; equal fingerprints give equal vectors."""
        digest = hashlib.sha256(json.dumps(self.config, sort_keys=True).encode())
        for name, weight in sorted(self._weights().items()):
            digest.update(f"{name} {weight.dtype} {tuple(weight.shape)}".encode())
            digest.update(weight.reshape(-1).view(torch.uint8).numpy().data)
        return digest.hexdigest()

    @property
    def device(self) -> torch.device:
        """Where the network runs."""
        return next(self._network.parameters()).device

    def to(self, device: torch.device | str) -> Self:
        """Move the network to a device; returns itself."""
        self._network.to(device)
        return self

    def _weights(self) -> dict[str, Tensor]:
        weights = self._network.state_dict()
        return {name: weight.detach().cpu().clone().contiguous() for name, weight in weights.items()}


@contextmanager
def exact_inference(device: torch.device) -> Iterator[None]:
    """No gradients, no mixed precision, no TF32, deterministic convolutions; the caller's settings come back after."""
    precision = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    cudnn = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
    try:
        with torch.inference_mode(), torch.autocast(device.type, enabled=False), cudnn:
            yield
    finally:
        torch.set_float32_matmul_precision(precision)


@contextmanager
def undisturbed_random() -> Iterator[None]:
    """Building a network draws initial weights that are overwritten; the caller's random stream must not notice."""
    with torch.random.fork_rng(devices=[]):
        yield
