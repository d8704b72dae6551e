"""A network for a schema and its statistics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from polymodal.adapters.encoder import Adaptation
from polymodal.contrastive._space import Space
from polymodal.encoders._custom import CustomEncoder, output_features
from polymodal.encoders._many import ManyEncoder
from polymodal.modalities.vector import VectorStatistics
from polymodal.network import Network
from polymodal.registry import ENCODERS, FUSIONS, OBJECTIVES
from polymodal.schema.batch import Field
from polymodal.schema.many import Many, ManyStatistics
from polymodal.schema.modality import Modality, Statistics
from polymodal.schema.target import Target
from polymodal.store.memory import Memory


def build(
    collate: Mapping[str, tuple[Modality, Statistics]],
    targets: Mapping[str, Target],
    *,
    fusion: str | None,
    width: int,
    dropout: float,
    encoders: Mapping[str, Any],
    features: Mapping[str, int],
    seed: int,
    contrast: str | None = None,
    hub: str | None = None,
) -> Network:
    """A freshly initialised network; the same seed gives the same weights.

    `encoders` overrides the encoder of a modality, by registered name, as any module or as an `Adaptation`; for modules
    `features` holds the width of what they return. Several items in a cell are each encoded by it, then brought
    together. With `contrast` the modalities share a space; without `fusion` they share nothing else.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        built: dict[str, nn.Module] = {}
        for name, (modality, statistics) in collate.items():
            chosen = encoders.get(name, modality.encoder)
            is_many = isinstance(modality, Many)
            measured = statistics.of if isinstance(statistics, ManyStatistics) else statistics
            if isinstance(chosen, Adaptation):
                built[name] = chosen.encoder(measured, width, dropout)
            elif isinstance(chosen, nn.Module):
                built[name] = CustomEncoder(chosen, name, features[name], width)
            else:
                built[name] = ENCODERS.get(chosen)(modality.item, measured, width, dropout)
            if is_many:
                built[name] = ManyEncoder(built[name], width)
        objectives = {name: OBJECTIVES.get(target.objective)(target, width) for name, target in targets.items()}
        alone = {
            name: {key: OBJECTIVES.get(target.objective)(target, width) for key, target in targets.items()}
            for name in collate
        }
        fused = None if fusion is None else FUSIONS.get(fusion)(tuple(collate), width, dropout)
        panels = {n: len(s.mean) for n, (_, s) in collate.items() if isinstance(s, VectorStatistics)}
        space = None if contrast is None else Space(tuple(collate), width, contrast, hub, panels)
        return Network(built, fused, objectives, alone, space)


def probe(name: str, module: nn.Module, memory: Memory) -> int:
    """How many features somebody's own encoder returns, found by running it on a few rows."""
    position = tuple(memory.collate).index(name)
    rows = memory.present[:, position].nonzero()[0][:4]
    field: Field = memory.batch(rows).fields[name]
    return output_features(module, field, name)
