"""Text through a frozen `transformers` network: one vector a string."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import Tensor, nn

from polymodal.errors import ArtifactError, SettingError
from polymodal.pretrained._embedder import FORMAT, Embedder, undisturbed_random
from polymodal.pretrained._hub import folder_of, require
from polymodal.pretrained._sentence import pool, read_sentence
from polymodal.registry import EMBEDDERS

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_FILES = ("*.json", "*.txt", "*.model", "model*.safetensors", "0_Transformer/*.safetensors")
_OLD_FILES = (*_FILES, "pytorch_model*.bin", "0_Transformer/pytorch_model*.bin")
_LENGTH_WHEN_UNSTATED = 512
_NO_LIMIT = 1_000_000  # a tokenizer without a limit says 10**30
_TEXTS_AT_ONCE = 1024
_CHARACTERS_PER_TOKEN = 1000  # far above any real text; keeps a cell of a gigabyte from being cut into tokens whole
_UNREADABLE = (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError, ImportError)


@EMBEDDERS.register("text")
class TextEmbedder(Embedder):
    """A `transformers` network and its tokenizer, token states pooled into one vector.

    Pooling, normalisation and length follow the folder's sentence-transformers files where it has them (Reimers and
    Gurevych 2019), else plain mean. Longer texts are cut at the network's maximum length.

    `TextEmbedder.load("sentence-transformers/all-MiniLM-L6-v2").embed(["a calm day"])` is `[1, 384]`.

    >>> EMBEDDERS.get("text").__name__
    'TextEmbedder'
    """

    def __init__(self, network: nn.Module, config: dict[str, Any]) -> None:
        from tokenizers import Tokenizer

        super().__init__(network, config)
        self._tokenizer = Tokenizer.from_str(config["tokenizer"])
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(config["max_length"])

    @classmethod
    def load(cls, name: str, device: torch.device | str = "cpu") -> Self:
        require("transformers", f"pretrained={name!r}", "text")
        folder = folder_of(name, _FILES, "text")
        if not any(folder.rglob("*.safetensors")) and not any(folder.rglob("pytorch_model*.bin")):
            folder = folder_of(name, _OLD_FILES, "text")
        sentence = read_sentence(folder)
        network, tokenizer, settings = _read(name, folder / sentence.network)
        stated = sentence.max_length or tokenizer.model_max_length
        limits = [limit for limit in (stated, _positions(network)) if limit and limit < _NO_LIMIT]
        blanks = (tokenizer.cls_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id, 0)
        config = {
            "format": FORMAT,
            "network": settings,
            "tokenizer": tokenizer.backend_tokenizer.to_str(),
            "max_length": min(limits, default=_LENGTH_WHEN_UNSTATED),
            "blank": next(code for code in blanks if code is not None),
            "token_types": "token_type_ids" in tokenizer.model_input_names,
            **sentence.model_dump(include={"pooling", "normalize", "lowercase", "prompt"}),
            "width": 0,
        }
        embedder = cls(network, config)
        config["tokenizer"] = _bare(embedder._tokenizer.to_str())
        embedder.width = config["width"] = embedder._probe(name)
        return embedder.to(device)

    @classmethod
    def restore(cls, weights: Mapping[str, Tensor], config: dict[str, Any]) -> Self:
        require("transformers", "the saved text encoder", "text")
        try:
            network = _build(config["network"])
            network.load_state_dict(dict(weights))
            return cls(network, config)
        except _UNREADABLE as error:
            raise ArtifactError(f"a saved text encoder cannot be rebuilt: {error}") from error

    def blocks(self) -> list[nn.Module]:
        stacks = [list(one) for one in self._network.modules() if isinstance(one, nn.ModuleList)]
        return max(stacks, key=len, default=[])

    @property
    def probe(self) -> str:
        return "a calm day"

    def shape_of(self, states: Tensor) -> tuple[int, ...]:
        return (-1, *states.shape[2:])

    def blank(self, states: Tensor) -> Tensor:
        codes = torch.full(states.shape[:2], self.config["blank"], device=states.device)
        return torch.stack([codes, torch.zeros_like(codes)], dim=1)

    def _batches(self, samples: Sequence[str], batch: int) -> Iterator[tuple[list[int], Tensor]]:
        # Texts of one length go together and none is padded: no work is wasted on padding, and a padded sum would
        # round differently from an unpadded one.
        by_length: dict[int, list[tuple[int, list[list[int]]]]] = {}
        for position, codes in enumerate(self._codes(samples)):
            by_length.setdefault(len(codes[0]), []).append((position, codes))
        for _, alike in sorted(by_length.items()):
            for start in range(0, len(alike), batch):
                some = alike[start : start + batch]
                yield [position for position, _ in some], torch.tensor([codes for _, codes in some])

    def _codes(self, texts: Sequence[str]) -> Iterator[list[list[int]]]:
        """Token codes and token types of each text."""
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            cleaned = [self._clean(text) for text in texts[start : start + _TEXTS_AT_ONCE]]
            for encoding in self._tokenizer.encode_batch(cleaned):
                # No token at all: an empty text, and a tokenizer without a start mark.
                yield [encoding.ids, encoding.type_ids] if encoding.ids else [[self.config["blank"]], [0]]

    def _clean(self, text: str) -> str:
        text = self.config["prompt"] + text[: self.config["max_length"] * _CHARACTERS_PER_TOKEN]
        text = text.encode("utf-8", "replace").decode()  # a lone surrogate is no character a tokenizer knows
        return text.lower() if self.config["lowercase"] else text

    def _forward(self, inputs: Tensor) -> Tensor:
        codes, types = inputs.unbind(dim=1)
        given = {"input_ids": codes, "attention_mask": torch.ones_like(codes)}
        if self.config["token_types"]:
            given["token_type_ids"] = types
        vectors = pool(self._network(**given).last_hidden_state, self.config["pooling"])
        return nn.functional.normalize(vectors, dim=1) if self.config["normalize"] else vectors

    def _probe(self, name: str) -> int:
        _, inputs = next(self._batches(["a"], 1))
        try:
            with torch.inference_mode():
                return int(self._forward(inputs).shape[1])
        except _UNREADABLE as error:
            raise SettingError(f"pretrained={name!r} gives no token states for a text: {error}") from error


def _read(name: str, folder: Path) -> tuple[nn.Module, PreTrainedTokenizerBase, dict[str, Any]]:
    from transformers import AutoConfig, AutoTokenizer

    try:
        with quiet(), undisturbed_random():
            tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=True, trust_remote_code=False)
            config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
            settings = _settings(config)  # now: an encoder cut out of an encoder-decoder changes its own
            network, report = _auto_class(config.is_encoder_decoder).from_pretrained(
                folder,
                config=config,
                trust_remote_code=False,
                weights_only=True,
                output_loading_info=True,
                dtype=torch.float32,
            )
    except _UNREADABLE as error:
        raise ArtifactError(
            f"pretrained={name!r}: transformers cannot read {folder}: {error}. It must hold config.json, "
            "model.safetensors and the tokenizer's files; models that bring their own code are not run."
        ) from error
    if getattr(tokenizer, "backend_tokenizer", None) is None:
        raise SettingError(f"pretrained={name!r} has no fast tokenizer (tokenizer.json), which is needed to save it")
    lost = set(report["missing_keys"])
    for weight_name, weight in network.state_dict().items():
        if weight_name in lost and weight_name.startswith("pooler."):
            weight.zero_()  # not used here; left as drawn, it would give the same file a new fingerprint every time
    lost = {weight_name for weight_name in lost if not weight_name.startswith("pooler.")}
    if lost or report["mismatched_keys"]:
        raise ArtifactError(
            f"pretrained={name!r}: the weights in {folder} do not fit its config.json; missing: {sorted(lost)[:5]}, of "
            f"another shape: {[str(key) for key in report['mismatched_keys']][:5]}"
        )
    return network, tokenizer, settings


def _build(settings: dict[str, Any]) -> nn.Module:
    from transformers import AutoConfig

    config = AutoConfig.for_model(**settings)
    with quiet(), undisturbed_random():
        network: nn.Module = _auto_class(config.is_encoder_decoder).from_config(config, dtype=torch.float32)
        return network


def _auto_class(is_encoder_decoder: bool) -> Any:
    from transformers import AutoModel, AutoModelForTextEncoding

    return AutoModelForTextEncoding if is_encoder_decoder else AutoModel


def _settings(config: Any) -> dict[str, Any]:
    # Where it was read from and by which release changes no vector, and would change the fingerprint.
    passing = {"_name_or_path", "transformers_version", "torch_dtype", "dtype", "architectures"}
    settings = json.loads(config.to_json_string(use_diff=False))
    return {key: value for key, value in settings.items() if key not in passing}


def _positions(network: nn.Module) -> int | None:
    """How many tokens the network has positions for; None when it does not say."""
    positions = getattr(getattr(network, "config", None), "max_position_embeddings", None)
    for module_name, module in network.named_modules():
        if module_name.endswith("position_embeddings") and isinstance(module, nn.Embedding) and positions:
            return int(positions) - (0 if module.padding_idx is None else module.padding_idx + 1)  # as RoBERTa counts
    return int(positions) if positions else None


def _bare(tokenizer: str) -> str:
    return json.dumps(json.loads(tokenizer) | {"truncation": None, "padding": None}, ensure_ascii=False)


@contextmanager
def quiet() -> Iterator[None]:
    from transformers.utils import logging

    verbosity, had_bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if had_bar:
            logging.enable_progress_bar()
