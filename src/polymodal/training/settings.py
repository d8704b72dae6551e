"""The settings of a model, checked before anything is done: every fault at once."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterator, Mapping
from typing import Any

from torch import nn

from polymodal.adapters.lora import LoRA
from polymodal.errors import near_miss
from polymodal.registry import BALANCES, CONTRASTS, FUSIONS, OBJECTIVES
from polymodal.schema.schema import Schema
from polymodal.training.difficulty import CURRICULA
from polymodal.training.schedules import SCHEDULES

ALIGN = "align"
CONTRAST = "sigmoid"  # where none is named
TASKS = ("predict", ALIGN)
PRECISIONS = ("auto", "32-true", "bf16-mixed", "16-mixed")
MOST_FOLDS = 20
_LEAST_WHOLE = {"width": 4, "seed": 0, "epochs": 1, "batch_size": 1, "patience": 1, "pretrain": 0, "rows_at_once": 1}
_MAY_BE_OPEN = ("epochs", "batch_size", "patience", "learning_rate", "weight_decay", "rows_at_once")


def setting_faults(settings: Mapping[str, Any], schema: Schema) -> Iterator[str]:
    """What is wrong with the settings of a model for this schema, one sentence each."""
    asked = {name: value for name, value in settings.items() if value is not None or name not in _MAY_BE_OPEN}
    if asked["fusion"] not in FUSIONS.names():
        yield f"unknown fusion {asked['fusion']!r}. {near_miss(asked['fusion'], FUSIONS.names())}"
    yield from _encoder_faults(asked["encoders"], schema)
    yield from _space_faults(asked, schema)
    yield from _objective_faults(schema)
    for name, least in _LEAST_WHOLE.items():
        if name in asked and not (_is_whole(asked[name]) and asked[name] >= least):
            yield f"{name} is a whole number from {least}; {asked[name]!r} came"
    epochs, pretrain = asked.get("epochs", math.inf), asked["pretrain"]
    if _is_whole(epochs) and _is_whole(pretrain) and 0 < epochs <= pretrain:
        yield f"pretrain is below epochs, of which it is a part; pretrain={pretrain} with epochs={epochs} came"
    if _is_whole(asked["width"]) and asked["width"] % 4:
        yield f"width is a multiple of 4; {asked['width']} came"
    folds = asked["folds"]
    if folds != "auto" and not (_is_whole(folds) and 1 <= folds <= MOST_FOLDS):
        yield f"folds is 'auto' or 1 to {MOST_FOLDS}; {folds!r} came"
    if not (_is_real(asked["dropout"]) and 0 <= asked["dropout"] < 1):
        yield f"dropout is at least 0 and below 1; {asked['dropout']!r} came"
    if "learning_rate" in asked and not (_is_real(asked["learning_rate"]) and asked["learning_rate"] > 0):
        yield f"learning_rate is above 0; {asked['learning_rate']!r} came"
    if "weight_decay" in asked and not (_is_real(asked["weight_decay"]) and asked["weight_decay"] >= 0):
        yield f"weight_decay is at least 0; {asked['weight_decay']!r} came"
    if not (_is_real(asked["segments"]) and 0 <= asked["segments"] <= 0.9):
        yield f"segments is a share from 0 to 0.9; {asked['segments']!r} came"
    named = {
        "precision": PRECISIONS,
        "patterns": tuple(SCHEDULES),
        "balance": ("none", *BALANCES.names()),
        "curriculum": CURRICULA,
    }
    for noun, known in named.items():
        if asked[noun] not in known:
            yield f"unknown {noun} {asked[noun]!r}. {near_miss(str(asked[noun]), known)}"


def _encoder_faults(encoders: Mapping[str, Any], schema: Schema) -> Iterator[str]:
    for name, encoder in encoders.items():
        if name not in schema.modalities:
            yield f"encoders names {name!r}, which is no modality. {near_miss(name, schema.names)}"
        if not isinstance(encoder, (str, nn.Module, LoRA)):
            came = f"the class {encoder.__name__}" if isinstance(encoder, type) else type(encoder).__name__
            yield f"encoder of {name!r} is a name, a folder, a pm.LoRA or an nn.Module object; {came} came"


def _space_faults(asked: Mapping[str, Any], schema: Schema) -> Iterator[str]:
    for noun, known in (("objective", TASKS), ("contrast", (None, *CONTRASTS.names()))):
        if asked[noun] not in known:
            yield f"unknown {noun} {asked[noun]!r}. {near_miss(str(asked[noun]), [one for one in known if one])}"
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


def _is_whole(value: Any) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _is_real(value: Any) -> bool:
    return isinstance(value, (int, float, numbers.Real)) and not isinstance(value, bool) and math.isfinite(value)
