"""Which models take part, each under its name, and on which rows they are judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from polymodal.errors import SettingError, near_miss
from polymodal.model import Model
from polymodal.registry import FUSIONS
from polymodal.schema.table import Table

PORTFOLIO = "portfolio"  # the default model; the answers of each modality alone are its answers
PRIOR, LATE = "prior", "late averaging"
_TOLD = {"fusion": "models", "learners": "models", "seed": "seed"}  # by an argument of `compare`


def alone(modality: str) -> str:
    """What the line of one modality by itself is called."""
    return f"{modality} alone"


def entrants(models: Any, table: Table, seed: int, settings: Mapping[str, Any] | None = None) -> dict[str, Model]:
    """The models by name: the network of each fusion that is named, or the models given; and the portfolio.

    `settings` are of those that are not given. Raises SettingError, with every fault, for what is no model, an unknown
    fusion, the name of a baseline, or a setting that is none or told elsewhere.
    """
    settings = settings or {}
    if not isinstance(settings, Mapping):
        raise SettingError(f"settings is a dict of arguments of pm.Model; {type(settings).__name__} came")
    twice = [f"settings names {one!r}, which is told by {by}" for one, by in _TOLD.items() if one in settings]
    if twice:
        raise SettingError("\n".join(twice))
    default = Model(seed=seed).set_params(**settings)
    if isinstance(models, str):
        models = [models]
    if models is None:
        models = FUSIONS.names()
    if not isinstance(models, (Mapping, Sequence)) or not models:
        raise SettingError(
            f"models is a list of fusions, or a dict of name to pm.Model, and not empty; {models!r} came"
        )
    if isinstance(models, Mapping):
        faults = _faults_of_models(models, table)
        found = dict(models)
    else:
        known = FUSIONS.names()
        faults = [f"unknown fusion {one!r}. {near_miss(str(one), known)}" for one in models if one not in known]
        found = {str(one): _like(default, fusion=str(one), learners=["network"]) for one in models}
    if faults:
        raise SettingError("\n".join(faults))
    return {PORTFOLIO: default} | found


def _like(model: Model, **settings: Any) -> Model:
    return Model(**model.get_params()).set_params(**settings)


def held_out(
    table: Table,
    test: float | int,
    splits: int | Sequence[np.ndarray],
    by: Literal["random", "time"],
    seed: int,
) -> list[np.ndarray]:
    """`[N]` bool for each split: the rows that judge.

    Raises SettingError for what is no split, and what `Table.split` raises.
    """
    if not isinstance(splits, (list, tuple)):
        if isinstance(splits, bool) or not isinstance(splits, (int, np.integer)) or splits < 1:
            raise SettingError(f"splits is a count from 1, or a list of bool masks of held-out rows; {splits!r} came")
        if by == "time" and splits > 1:
            raise SettingError(f"splits={splits}: there is only one split by time; splits=1, or by='random'")
        return [table.held_out(test, seed + number, by=by) for number in range(int(splits))]
    masks = [np.asarray(mask) for mask in splits]
    if not masks:
        raise SettingError("splits is an empty list; it holds one mask of held-out rows or more")
    for number, mask in enumerate(masks):
        if mask.dtype != bool or mask.shape != (len(table),) or mask.all() or not mask.any():
            what = f"{mask.dtype} {list(mask.shape)}" + (f" with {int(mask.sum())} True" if mask.dtype == bool else "")
            raise SettingError(
                f"splits[{number}] is a bool mask of [{len(table)}] with rows on both sides, True where a row is held "
                f"out; {what} came"
            )
    return masks


def _faults_of_models(models: Mapping[Any, Any], table: Table) -> list[str]:
    taken = {PRIOR, LATE, *map(alone, table.schema.names)}
    faults = [f"{name!r} is the name of a baseline; call that model otherwise" for name in models if name in taken]
    faults += [f"models are named by strings; {name!r} came" for name in models if not isinstance(name, str)]
    return faults + [
        f"models[{name!r}] is a pm.Model; {type(one).__name__} came"
        for name, one in models.items()
        if not isinstance(one, Model)
    ]
