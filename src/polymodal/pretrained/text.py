"""Text through a frozen `transformers` network: one vector a string."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import Tensor, nn

from polymodal.errors import ArtifactError, SettingError
from polymodal.pretrained._embedder import FORMAT, Embedder
from polymodal.pretrained._hub import folder_of, require
from polymodal.pretrained._sentence import pool, read_sentence
from polymodal.pretrained._transformers import UNREADABLE, build_network, quiet, read_network
from polymodal.registry import EMBEDDERS

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_FILES = ("*.json", "*.txt", "*.model", "model*.safetensors", "0_Transformer/*.safetensors")
_OLD_FILES = (*_FILES, "pytorch_model*.bin", "0_Transformer/pytorch_model*.bin")
_LENGTH_WHEN_UNSTATED = 512
_NO_LIMIT = 1_000_000  # a tokenizer without a limit says 10**30
_TEXTS_AT_ONCE = 1024
_CHARACTERS_PER_TOKEN = 1000  # far above any real text; keeps a cell of a gigabyte from being cut into tokens whole
_NEEDS = "config.json, model.safetensors and the tokenizer's files"
_UNUSED = ("pooler.",)


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
        tokenizer = _tokenizer(name, folder / sentence.network)
        network, settings = read_network(name, folder / sentence.network, _UNUSED, _NEEDS)
        stated = sentence.max_length or tokenizer.model_max_length
        limits = [limit for limit in (stated, _positions(network)) if limit and limit < _NO_LIMIT]
        blanks = (tokenizer.cls_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id, 0)
        config = {
            "format": FORMAT,
            "network": settings,
            "tokenizer": cls._cut(name, tokenizer),
            "max_length": min(limits, default=_LENGTH_WHEN_UNSTATED),
            "blank": next(code for code in blanks if code is not None),
            "token_types": "token_type_ids" in tokenizer.model_input_names,
            **sentence.model_dump(include={"pooling", "normalize", "lowercase", "prompt"}),
            "width": 0,
        }
        embedder = cls(network, config)
        config["tokenizer"] = _bare(embedder._tokenizer.to_str())
        embedder._learn(name)
        embedder.width = config["width"] = embedder._probe(name)
        return embedder.to(device)

    @classmethod
    def restore(cls, weights: Mapping[str, Tensor], config: dict[str, Any]) -> Self:
        require("transformers", "the saved text encoder", "text")
        try:
            network = build_network(config["network"])
            network.load_state_dict(dict(weights))
            return cls(network, config)
        except UNREADABLE as error:
            raise ArtifactError(f"a saved text encoder cannot be rebuilt: {error}") from error

    @classmethod
    def _cut(cls, name: str, tokenizer: PreTrainedTokenizerBase) -> str:
        """What cuts a text into tokens, as JSON."""
        fast = getattr(tokenizer, "backend_tokenizer", None)
        if fast is None:
            raise SettingError(
                f"pretrained={name!r} has no fast tokenizer (tokenizer.json), which is needed to save it"
            )
        found: str = fast.to_str()
        return found

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

    def _learn(self, name: str) -> None:
        """Add to `config` what the network or its tokenizer shows when it is tried."""

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
        except UNREADABLE as error:
            raise SettingError(f"pretrained={name!r} gives no token states for a text: {error}") from error


def _tokenizer(name: str, folder: Path) -> PreTrainedTokenizerBase:
    from transformers import AutoTokenizer

    try:
        with quiet():
            found: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
                folder, use_fast=True, trust_remote_code=False
            )
            return found
    except UNREADABLE as error:
        raise ArtifactError(
            f"pretrained={name!r}: the tokenizer in {folder} cannot be read: {error}. The folder must hold {_NEEDS}; "
            "models that bring their own code are not run."
        ) from error


def _positions(network: nn.Module) -> int | None:
    """How many tokens the network has positions for; None when it does not say."""
    positions = getattr(getattr(network, "config", None), "max_position_embeddings", None)
    for module_name, module in network.named_modules():
        if module_name.endswith("position_embeddings") and isinstance(module, nn.Embedding) and positions:
            return int(positions) - (0 if module.padding_idx is None else module.padding_idx + 1)  # as RoBERTa counts
    return int(positions) if positions else None


def _bare(tokenizer: str) -> str:
    return json.dumps(json.loads(tokenizer) | {"truncation": None, "padding": None}, ensure_ascii=False)
