"""Recordings through a frozen `transformers` network: one vector a recording."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from polymodal.errors import ArtifactError, SettingError
from polymodal.pretrained._embedder import FORMAT, Embedder
from polymodal.pretrained._hub import folder_of, require
from polymodal.pretrained._transformers import UNREADABLE, build_network, quiet, read_network
from polymodal.registry import EMBEDDERS
from polymodal.schema.modality import Modality

_FILES = ("*.json", "model*.safetensors")
_NEEDS = "config.json, model.safetensors and preprocessor_config.json"
_UNUSED = ("masked_spec_embed", "pooler.", "decoder.")
_WAVES, _SPECTRUM, _WHOLE = "Wav2Vec2FeatureExtractor", "ASTFeatureExtractor", "WhisperFeatureExtractor"
_HEARS = (_WAVES, _SPECTRUM, _WHOLE)
_AT_ONCE = 2_000_000  # samples, on a GPU


@EMBEDDERS.register("audio")
class AudioEmbedder(Embedder):
    """A `transformers` network that hears: wav2vec 2.0, HuBERT, WavLM and the like, AST, or the encoder of Whisper.

    The mean over the time steps in which there is sound; of AST, which looks at the whole, its pooled vector.
    Recordings are read at the rate of the network; what is longer than it hears at once (Whisper 30 s, AST about 10 s)
    is cut. Only weights in safetensors are read.

    `AudioEmbedder.load("facebook/hubert-base-ls960").embed([np.zeros(16_000, dtype=np.float32)])` is `[1, 768]`.

    >>> EMBEDDERS.get("audio").__name__
    'AudioEmbedder'
    """

    def __init__(self, network: nn.Module, config: dict[str, Any]) -> None:
        super().__init__(network, config)
        self._extractor = _extractor(config["extractor"])
        self._least = _receptive(config["network"])

    @property
    def _window(self) -> int:
        """Samples of one look, of 25 ms, where it is not the network that looks at the wave itself."""
        is_spectrum = self.config["extractor"]["feature_extractor_type"] == _SPECTRUM
        return self.rate // 40 if is_spectrum else 0

    @property
    def rate(self) -> int:
        """Samples a second that the network was trained on."""
        return int(self.config["extractor"]["sampling_rate"])

    def suited(self, modality: Modality) -> Modality:
        """Recordings read at the network's rate. Raises SettingError where another was asked for."""
        rate = getattr(modality, "rate", self.rate)
        if rate != self.rate and "rate" in modality.model_fields_set:
            raise SettingError(
                f"the pretrained encoder hears {self.rate:,} samples a second, and the recordings are read at "
                f"rate={rate:,}; leave rate= out, or give that of the encoder"
            )
        return modality.model_copy(update={"rate": self.rate}) if rate != self.rate else modality

    @classmethod
    def load(cls, name: str, device: torch.device | str = "cpu") -> Self:
        require("transformers", f"pretrained={name!r}", "text")
        folder = folder_of(name, _FILES, "text")
        network, settings = read_network(name, folder, _UNUSED, _NEEDS, use_safetensors=True)
        extractor = _stated(name, folder)
        config = {"format": FORMAT, "network": settings, "extractor": extractor, "width": 0}
        embedder = cls(_listening(network), config)
        embedder.width = config["width"] = embedder._probe(name)
        return embedder.to(device)

    @classmethod
    def restore(cls, weights: Mapping[str, Tensor], config: dict[str, Any]) -> Self:
        require("transformers", "the saved audio encoder", "text")
        try:
            network = _listening(build_network(config["network"]))
            network.load_state_dict(dict(weights))
            return cls(network, config)
        except UNREADABLE as error:
            raise ArtifactError(f"a saved audio encoder cannot be rebuilt: {error}") from error

    @property
    def probe(self) -> np.ndarray:
        return np.sin(np.arange(self.rate // 2) / 9).astype(np.float32)

    def _batches(self, samples: Sequence[np.ndarray], batch: int) -> Iterator[tuple[list[int], Tensor]]:
        # Recordings of one length go together, so that none is padded to the length of another.
        by_length: dict[int, list[int]] = {}
        for position, sample in enumerate(samples):
            by_length.setdefault(len(sample), []).append(position)
        for length, alike in sorted(by_length.items()):
            size = 1 if self.device.type == "cpu" else max(1, min(batch, _AT_ONCE // max(length, 1)))
            for start in range(0, len(alike), size):
                some = alike[start : start + size]
                yield some, torch.stack([self._heard(samples[position]) for position in some])

    def _heard(self, sample: np.ndarray) -> Tensor:
        """Input of one recording; that of Whisper with one row more, which says how many steps have sound."""
        if len(sample) < self._window:
            sample = np.pad(sample, (0, self._window - len(sample)))
        found = self._extractor([sample], sampling_rate=self.rate, return_tensors="np")
        if "input_values" in found:
            values = torch.from_numpy(np.asarray(found["input_values"][0], dtype=np.float32))
            lacking = self._least - len(values) if values.ndim == 1 else 0
            return nn.functional.pad(values, (0, lacking)) if lacking > 0 else values
        features = torch.from_numpy(np.asarray(found["input_features"][0], dtype=np.float32))
        steps = -(-len(sample) // (2 * int(self.config["extractor"]["hop_length"])))
        return torch.cat([features, torch.full((1, features.shape[1]), float(max(steps, 1)))])

    def _forward(self, inputs: Tensor) -> Tensor:
        if self.config["extractor"]["feature_extractor_type"] == _WHOLE:
            states = self._network(inputs[:, :-1]).last_hidden_state
            steps = inputs[:, -1, :1].clamp(max=states.shape[1])
            real = torch.arange(states.shape[1], device=states.device) < steps
            found: Tensor = (states * real[..., None]).sum(dim=1) / steps
            return found
        answered = self._network(inputs)
        pooled: Tensor | None = getattr(answered, "pooler_output", None)
        if pooled is not None:
            return pooled
        mean: Tensor = answered.last_hidden_state.mean(dim=1)
        return mean

    def _probe(self, name: str) -> int:
        _, inputs = next(self._batches([self.probe], 1))
        try:
            with torch.inference_mode():
                vectors = self._forward(inputs)
        except UNREADABLE as error:
            raise SettingError(f"pretrained={name!r} gives no states for a recording: {error}") from error
        return int(vectors.shape[1])


def _stated(name: str, folder: Path) -> dict[str, Any]:
    """How the network wants sound, as JSON."""
    from transformers import AutoFeatureExtractor

    try:
        with quiet():
            extractor = AutoFeatureExtractor.from_pretrained(folder, trust_remote_code=False)
        found: dict[str, Any] = json.loads(json.dumps(extractor.to_dict(), default=_plain))
    except UNREADABLE as error:
        raise ArtifactError(
            f"pretrained={name!r}: how {folder} wants its sound cannot be read: {error}. It must hold {_NEEDS}"
        ) from error
    kind = found.get("feature_extractor_type")
    if kind not in _HEARS:
        raise SettingError(
            f"pretrained={name!r} prepares sound by {kind}; known here are {', '.join(_HEARS)} (wav2vec 2.0, HuBERT, "
            "WavLM; AST; Whisper). Choose one of those"
        )
    found.pop("processor_class", None)
    return found


def _extractor(stated: Mapping[str, Any]) -> Any:
    import transformers

    kind = stated["feature_extractor_type"]
    if kind not in _HEARS:
        raise ArtifactError(f"a saved audio encoder prepares sound by {kind}; known here are {', '.join(_HEARS)}")
    return getattr(transformers, kind).from_dict(dict(stated))


def _listening(network: nn.Module) -> nn.Module:
    """Of a network that hears and writes only the half that hears."""
    halved = bool(getattr(network.config, "is_encoder_decoder", False))
    found: nn.Module = network.get_encoder() if halved else network  # type: ignore[operator]
    return found


def _receptive(settings: Mapping[str, Any]) -> int:
    """Samples that a stack of convolutions needs for one step."""
    length = 1
    layers = zip(settings.get("conv_kernel") or (), settings.get("conv_stride") or (), strict=False)
    for kernel, stride in reversed(list(layers)):
        length = (length - 1) * int(stride) + int(kernel)
    return length


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else str(value)
