"""What is wrong with the settings of a model for a schema: every fault at once, before anything is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from torch import nn

from polymodal.adapters.lora import LoRA
from polymodal.errors import near_miss
from polymodal.registry import CONTRASTS, OBJECTIVES
from polymodal.schema.schema import Schema
from polymodal.training.settings import ALIGN, SETTINGS


def setting_faults(settings: Mapping[str, Any], schema: Schema) -> Iterator[str]:
    """What is wrong with the settings of a model for this schema, one sentence each."""
    by_name = {name: one.fault(name, settings[name]) for name, one in SETTINGS.items()}
    yield from filter(None, by_name.values())
    yield from _encoder_faults(settings["encoders"], schema)
    yield from _space_faults(settings, schema)
    yield from _objective_faults(schema)
    epochs, pretrain = settings["epochs"], settings["pretrain"]
    if epochs is not None and not by_name["epochs"] and not by_name["pretrain"] and 0 < epochs <= pretrain:
        yield f"pretrain is below epochs, of which it is a part; pretrain={pretrain} with epochs={epochs} came"


def _encoder_faults(encoders: Mapping[str, Any], schema: Schema) -> Iterator[str]:
    for name, encoder in encoders.items():
        if name not in schema.modalities:
            yield f"encoders names {name!r}, which is no modality. {near_miss(name, schema.names)}"
        if not isinstance(encoder, (str, nn.Module, LoRA)):
            came = f"the class {encoder.__name__}" if isinstance(encoder, type) else type(encoder).__name__
            yield f"encoder of {name!r} is a name, a folder, a pm.LoRA or an nn.Module object; {came} came"


def _space_faults(asked: Mapping[str, Any], schema: Schema) -> Iterator[str]:
    if asked["objective"] != ALIGN:
        about = {
            "hub": "whom modalities are paired with",
            "contrast": "what is learnt from",
            "same": "which rows belong together",
        }
        for noun, says in about.items():
            if asked[noun] is not None:
                yield f"{noun}={asked[noun]!r} says {says} in a shared space; there is one with objective={ALIGN!r}"
        return
    if len(schema.modalities) < 2:
        yield f"objective={ALIGN!r} takes two modalities or more; the table has {', '.join(schema.names) or 'none'}"
    if asked["hub"] is not None and asked["hub"] not in schema.modalities:
        yield f"hub={asked['hub']!r} is no modality. {near_miss(str(asked['hub']), schema.names)}"
    contrast = asked["contrast"]
    if asked["same"] is not None and contrast in CONTRASTS.names() and CONTRASTS.get(contrast).is_joint:
        yield f"same={asked['same']!r} is for contrasts of pairs; contrast={contrast!r} looks at whole rows"
    if asked["folds"] not in ("auto", 1):
        yield f"objective={ALIGN!r} learns one space; folds={asked['folds']!r} would learn several"
    if not schema.targets:
        for noun, usual in (("balance", "none"), ("curriculum", "none"), ("pretrain", 0)):
            if asked[noun] != usual:
                yield f"{noun}={asked[noun]!r} is about learning a target, and the table has none"


def _objective_faults(schema: Schema) -> Iterator[str]:
    for name, target in schema.targets.items():
        if target.objective not in OBJECTIVES.names():
            yield f"target {name!r}: unknown objective {target.objective!r}. " + near_miss(
                target.objective, OBJECTIVES.names()
            )
        elif target.kind not in (learns := OBJECTIVES.get(target.objective).kinds):
            yield f"objective {target.objective!r} learns {' or '.join(learns)} targets; {name!r} is {target.kind}"
