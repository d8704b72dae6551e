"""Which encoder each modality gets: trained from scratch, somebody's own, or pretrained and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from torch import nn

from polymodal.adapters.encoder import Adaptation
from polymodal.adapters.lora import LoRA
from polymodal.errors import SettingError
from polymodal.pretrained._cut import Cut
from polymodal.pretrained._embedder import Embedder
from polymodal.registry import EMBEDDERS, ENCODERS
from polymodal.schema.modality import Modality
from polymodal.schema.schema import Schema
from polymodal.store.embeddings import Embeds

# Frozen encoders that some model still holds; the next fit of many need not read them again.
_IN_USE: WeakValueDictionary[tuple[Any, ...], Embedder] = WeakValueDictionary()


@dataclass(frozen=True)
class Choice:
    """What was decided for a schema.

    Attributes:
        schema: with every pretrained encoder named, and cells kept as large as it needs them.
        trained: encoders given by name or as modules, where they are not the modality's default; adaptations.
        frozen: pretrained encoders, among them those of which the last layers are adapted.
    """

    schema: Schema
    trained: Mapping[str, Any]
    frozen: Mapping[str, Embeds]

    @classmethod
    def of(cls, schema: Schema, given: Mapping[str, str | nn.Module | LoRA]) -> Choice:
        """A name that is no registered encoder is the hub name or folder of a pretrained one.

        Raises SettingError for an encoder that does not read such cells, and what loading a pretrained one raises.
        """
        modalities = dict(schema.modalities)
        trained: dict[str, Any] = {}
        frozen: dict[str, Embeds] = {}
        for name, modality in schema.modalities.items():
            asked = given.get(name)
            if isinstance(asked, LoRA):
                embedder = _load(name, modality, asked.base)
                frozen[name] = cut = Cut(embedder, asked.layers, asked.base)
                trained[name] = Adaptation(cut, asked)
                modalities[name] = _with(modality, asked.base, embedder)
                continue
            pretrained = modality.pretrained
            if isinstance(asked, str) and asked not in ENCODERS.names():
                pretrained = asked
            elif asked is not None:
                trained[name], pretrained = asked, None
            if pretrained is None:
                _refuse_misfit(name, modality, trained.get(name, modality.encoder))
                modalities[name] = _with(modality, None)
            else:
                frozen[name] = embedder = _load(name, modality, pretrained)
                modalities[name] = _with(modality, pretrained, embedder)
        return cls(schema.model_copy(update={"modalities": modalities}), trained, frozen)


def _with(modality: Modality, pretrained: str | None, embedder: Embedder | None = None) -> Modality:
    item = modality.item if embedder is None else embedder.suited(modality.item)
    return modality.around(item.model_copy(update={"pretrained": pretrained}))


def _load(name: str, modality: Modality, pretrained: str) -> Embedder:
    kind = modality.item.kind
    if kind not in EMBEDDERS.names():
        raise SettingError(
            f"encoder {pretrained!r} of {name!r}: pretrained encoders are there for {', '.join(EMBEDDERS.names())}, "
            f"not for {kind}; from scratch: {', '.join(ENCODERS.names())}"
        )
    key = (kind, pretrained, _files(pretrained))
    embedder = _IN_USE.get(key)
    if embedder is None:
        embedder = _IN_USE[key] = EMBEDDERS.get(kind).load(pretrained)
    return embedder


def _files(pretrained: str) -> tuple[tuple[str, int, int], ...]:
    """What tells a folder, or the file of "MODEL@file", from what it held before."""
    place = Path(pretrained.rpartition("@")[2]).expanduser()
    found = sorted(place.rglob("*")) if place.is_dir() else [place]
    stats = [(str(one), one.stat()) for one in found if one.is_file()]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


def _refuse_misfit(name: str, modality: Modality, encoder: str | nn.Module) -> None:
    kind = modality.item.kind
    if isinstance(encoder, str) and (kinds := ENCODERS.get(encoder).kinds) and kind not in kinds:
        raise SettingError(f"encoder {encoder!r} reads {' or '.join(kinds)} cells; {name!r} is {kind}")
