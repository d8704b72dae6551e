"""A fitted model to an artifact and back."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from polymodal.adapters.encoder import Adaptation
from polymodal.adapters.lora import LoRA
from polymodal.artifact import Artifact, prefixed
from polymodal.errors import ArtifactError, near_miss
from polymodal.network import Network
from polymodal.portfolio.export import pack, unpack
from polymodal.portfolio.portfolio import NETWORK
from polymodal.pretrained._cut import Cut
from polymodal.pretrained._embedder import Embedder
from polymodal.registry import EMBEDDERS
from polymodal.schema.schema import Schema
from polymodal.store.embeddings import Embeds
from polymodal.store.preprocessing import Preprocessor, carrier_of
from polymodal.training.build import build
from polymodal.training.history import History
from polymodal.training.settings import ALIGN, CONTRAST

if TYPE_CHECKING:
    from polymodal.model import Model


def to_artifact(model: Model) -> Artifact:
    """Everything needed to answer: settings, schema, statistics, frozen encoders, weights, history."""
    pre = model.preprocessor
    tensors: dict[str, torch.Tensor] = {}
    frozen = {}
    for name, embedder in pre.embedders.items():
        weights, frozen[name] = embedder.export()
        tensors |= prefixed(f"frozen/{name}/", weights)
    for index, network in enumerate(model.networks):
        tensors |= prefixed(f"network/{index}/", network.state_dict())
    packed, portfolio = pack(model.portfolio)
    tensors |= prefixed("portfolio/", packed)
    adapted = {name: asdict(one) for name, one in model.encoders.items() if isinstance(one, LoRA)}
    given = {name: one for name, one in model.encoders.items() if isinstance(one, str)}
    record: dict[str, Any] = {
        "settings": model.settings,
        "schema": pre.schema.model_dump(mode="json"),
        "statistics": {name: one.model_dump(mode="json") for name, one in pre.statistics.items()},
        "frozen": frozen,
        "encoders": given,
        "adapted": adapted,
        "own_encoders": {name: model._features[name] for name in model._features},
        "limitations": model.limitations,
        "histories": [asdict(one) for one in model.histories],
        "networks": {member: len(some) for member, some in model.portfolio.networks.items()},
        "portfolio": portfolio,
    }
    return Artifact(record, tensors)


def restore(kind: type[Model], artifact: Artifact, modules: Mapping[str, nn.Module]) -> Model:
    """The model that `to_artifact` wrote down.

    Raises ArtifactError when a module is not given, not asked for or does not fit.
    """
    record = artifact.record
    lacking = sorted(set(record["own_encoders"]) - set(modules))
    if lacking:
        raise ArtifactError(
            f"the model was fitted with somebody's own encoder for {', '.join(lacking)}, whose code is not in the "
            f"file; give it: pm.load(path, encoders={{{lacking[0]!r}: YourModule()}})"
        )
    beyond = sorted(set(modules) - set(record["own_encoders"]))
    if beyond:
        raise ArtifactError(
            f"encoders= gives a module for {', '.join(map(repr, beyond))}, whose encoder is in the file already. "
            f"{near_miss(beyond[0], record['own_encoders'])}"
        )
    adapted = {name: LoRA(**one) for name, one in record.get("adapted", {}).items()}
    model = kind(encoders={**record["encoders"], **adapted, **modules}, **record["settings"])
    model._features = dict(record["own_encoders"])
    model._preprocessor = _preprocessor(artifact, adapted)
    model.limitations = list(record.get("limitations", ()))  # not in the first files
    model.histories = [History(**one) for one in record["histories"]]
    pre = model._preprocessor
    own: dict[str, Any] = {name: one for name, one in model.encoders.items() if name not in pre.embedders}
    for name, lora in adapted.items():
        cut = pre.embedders[name]
        assert isinstance(cut, Cut)
        own[name] = Adaptation(cut, lora)
    counts = record["networks"]
    if isinstance(counts, int):  # in the first files, which had networks of one fusion only
        counts = {NETWORK: counts} if counts else {}
    networks: dict[str, list[Network]] = {member: [] for member in counts}
    for index, member in enumerate(member for member, count in counts.items() for _ in range(count)):
        network = build(
            {name: (pre.carriers[name], pre.statistics[name]) for name in pre.schema.names},
            pre.schema.targets,
            fusion=None if not pre.schema.targets else model.fusion if member == NETWORK else member,
            width=model.width,
            dropout=model.dropout,
            encoders=copy.deepcopy(own),  # each member has its own
            features=model._features,
            seed=0,
            contrast=(model.contrast or CONTRAST) if model.objective == ALIGN else None,
            hub=model.hub,
        )
        weights = artifact.below(f"network/{index}/")
        try:
            network.load_state_dict(weights)
        except RuntimeError as error:
            raise ArtifactError(f"the weights do not fit the network that the file describes: {error}") from error
        networks[member].append(network.to("cpu").eval())
    model._portfolio = unpack(artifact.below("portfolio/"), record["portfolio"], pre.schema.targets, networks)
    return model


def _preprocessor(artifact: Artifact, adapted: Mapping[str, LoRA]) -> Preprocessor:
    record = artifact.record
    schema = Schema.model_validate(record["schema"])
    embedders: dict[str, Embeds] = {
        name: EMBEDDERS.get(schema.modalities[name].item.kind).restore(artifact.below(f"frozen/{name}/"), config)
        for name, config in record["frozen"].items()
    }
    for name, lora in adapted.items():
        embedder = embedders[name]
        assert isinstance(embedder, Embedder)
        embedders[name] = Cut(embedder, lora.layers, lora.base)
    carriers = {
        n: one.around(carrier_of(embedders[n])) if n in embedders else one for n, one in schema.modalities.items()
    }
    statistics = {name: carriers[name].statistics_of(record["statistics"][name]) for name in schema.names}
    return Preprocessor(schema, carriers, statistics, embedders)
