"""One network on most of the rows, or one for each fold of them, whose answers are averaged."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from polymodal.network import Network
from polymodal.objectives.survival import SurvivalObjective
from polymodal.schema.table import Table
from polymodal.schema.target import Target
from polymodal.store.memory import Memory
from polymodal.sweep import mean_outputs, sweep
from polymodal.training.alone import alone_outputs
from polymodal.training.build import build
from polymodal.training.calibration import calibrate
from polymodal.training.canonical import add_canonical
from polymodal.training.fit import fit
from polymodal.training.history import History
from polymodal.training.patterns import validation_patterns
from polymodal.training.plan import Plan
from polymodal.training.segments import hidable

_HOLD_OUT = 0.15

Watch = Callable[[int, int, int, int, Mapping[str, float]], None]  # member, of how many, epoch, of how many, figures


@dataclass(frozen=True)
class Recipe:
    """How a network is built and trained, apart from the rows; with `contrast`, modalities share a space besides."""

    fusion: str
    width: int
    dropout: float
    encoders: Mapping[str, str | nn.Module]
    features: Mapping[str, int]
    plan: Callable[[int], Plan]
    seed: int
    contrast: str | None = None
    hub: str | None = None

    def network(self, memory: Memory, targets: Mapping[str, Target], seed: int) -> Network:
        """A fresh one for cells as in `memory`, with encoders of its own; without targets it fuses nothing."""
        return build(
            memory.collate,
            targets,
            fusion=self.fusion if targets else None,
            width=self.width,
            dropout=self.dropout,
            encoders={name: copy.deepcopy(one) for name, one in self.encoders.items()},
            features=self.features,
            seed=seed,
            contrast=self.contrast,
            hub=self.hub,
        )


@dataclass(frozen=True)
class Ensemble:
    """Trained networks, and what is said of the rows that judge, each answered by what has not learnt from it.

    Attributes:
        networks, histories: one for each set of rows held out.
        said: `[P, J, O]` outputs under each pattern.
        alone: `[M, J, O]` outputs of each modality's own head.
    """

    networks: list[Network]
    histories: list[History]
    said: np.ndarray
    alone: np.ndarray


def train(
    table: Table,
    memory: Memory,
    recipe: Recipe,
    held_out: Sequence[np.ndarray],
    judges: np.ndarray,
    patterns: np.ndarray,
    *,
    budget: float | None = None,
    checkpoint: Path | None = None,
    watch: Watch | None = None,
) -> Ensemble:
    """Train one network for each set of rows held out, on the other rows of `table`, prepared as `memory`.

    The rows `judges` (ascending, each held out from some network) are answered under `patterns [P, M]`.
    """
    networks, histories, answers = [], [], []
    risks = {name: np.full(len(memory), np.nan) for name, t in table.schema.targets.items() if t.is_relative}
    for member, rows in enumerate(held_out):
        rest = np.setdiff1d(np.arange(len(memory)), rows)
        train_rows, validation = memory.take(rest), memory.take(judging_rows(memory, rows, recipe.seed)).held()
        seed = recipe.seed * 1000 + member
        network = recipe.network(memory, table.schema.targets, seed)
        _measure(network, train_rows)
        history = fit(
            network,
            train_rows,
            validation,
            table.schema.targets,
            recipe.plan(len(rest)),
            in_parts=hidable(table.schema),
            seed=seed,
            budget=None if budget is None else budget / len(held_out),
            checkpoint=None if checkpoint is None else checkpoint.with_name(f"{checkpoint.name}.{member}"),
            report=None if watch is None else _for_member(watch, member, len(held_out)),
        )
        add_canonical(network, train_rows, validation, next(network.parameters()).device)
        calibrate(network, validation, validation_patterns(validation.present.shape[1]))
        network.to("cpu")
        for name, risk in risks.items():
            risk[judging_rows(memory, rows, recipe.seed)] = _centred_risk(network, name, validation)
        asked = np.flatnonzero(np.isin(judges, rows))
        judging = memory.take(judges[asked]).held()
        answers.append((asked, mean_outputs([network], judging, patterns), alone_outputs(network, judging)))
        networks.append(network)
        histories.append(history)
    for name, risk in risks.items():
        _set_baselines(networks, name, risk, memory)
    said, alone = (np.empty((len(one), len(judges), one.shape[2])) for one in answers[0][1:])
    for asked, under_patterns, by_heads in answers:
        said[:, asked], alone[:, asked] = under_patterns, by_heads
    return Ensemble(networks, histories, said, alone)


def around_one(weight: np.ndarray) -> np.ndarray:
    """Weights with mean 1: only their ratios mean anything, and single precision holds no 1e300."""
    shares = weight / weight.max()
    return np.asarray(shares / shares.mean())


def held_out_rows(table: Table, n_folds: int, seed: int) -> list[np.ndarray]:
    """Positions of the rows that each of several folds, or the only one, does not learn from.

    Group-safe, so no entity is on both sides. With several folds every row serves for training and for validation
    (bagging over folds; Krogh & Vedelsby 1995).
    """
    if n_folds == 1:
        return [np.flatnonzero(table.held_out(test=_HOLD_OUT, seed=seed))]
    folds = table.fold_numbers(n_folds, seed=seed)
    return [np.flatnonzero(folds == fold) for fold in range(n_folds)]


def judging_rows(memory: Memory, rows: np.ndarray, seed: int) -> np.ndarray:
    """Those of the rows held out that a network is stopped on: all that can be in memory at once, ascending."""
    most = memory.most_held
    if most is None or len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def _measure(network: Network, train_rows: Memory) -> None:
    weight = None if train_rows.weight is None else torch.from_numpy(train_rows.weight).float()
    for name, objective in network.objectives.items():
        objective.measure(train_rows.labels[name], weight)
    for position, heads in enumerate(network.alone.values()):
        rows = np.flatnonzero(train_rows.present[:, position])
        for target, objective in heads.items():
            objective.measure(train_rows.labels[target].take(rows), None if weight is None else weight[rows])


def _centred_risk(network: Network, name: str, validation: Memory) -> np.ndarray:
    """Log risks of held-out rows around their mean, which becomes the answer for a row with nothing present."""
    full = np.ones((1, validation.present.shape[1]), dtype=bool)
    risk = sweep(network, validation, full)[name][0, :, 0]
    known = risk[torch.from_numpy(validation.present.any(axis=1))]
    mean = known.mean()
    objective = network.objectives[name]
    with torch.no_grad():
        objective.head.bias.sub_(mean)  # risks are relative; centred ones of several members can be averaged
        objective.prior.zero_()
    return (risk - mean).numpy()


def _set_baselines(networks: list[Network], name: str, risk: np.ndarray, memory: Memory) -> None:
    """One baseline from held-out risks: those of the rows trained on would make every curve too sure."""
    rows = np.flatnonzero(~np.isnan(risk))
    weight = None if memory.weight is None else memory.weight[rows]
    for network in networks:
        objective = network.objectives[name]
        assert isinstance(objective, SurvivalObjective)
        objective.set_baseline(risk[rows], memory.labels[name].take(rows), weight)


def _for_member(watch: Watch, member: int, members: int) -> Callable[[int, int, Mapping[str, float]], None]:
    return lambda epoch, epochs, figures: watch(member, members, epoch, epochs, figures)
