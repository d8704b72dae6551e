"""From rows to a portfolio: everything is judged on rows that it has not learnt from."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from polymodal.errors import FitError
from polymodal.learners._design import Design
from polymodal.learners._evidence import evidence_of, outputs_of, prior_of, width_of
from polymodal.learners._learner import NO_WEIGHT, Learner, Task
from polymodal.metrics import primary, score
from polymodal.objectives.survival import breslow
from polymodal.portfolio.deciding import refuse_undecidable, with_thresholds
from polymodal.portfolio.diagnosis import diagnose
from polymodal.portfolio.jury import Jury
from polymodal.portfolio.plain import Tried, folds, measure, not_come_to, refit, teams, try_out
from polymodal.portfolio.portfolio import NETWORK, Portfolio, Standing
from polymodal.portfolio.preset import judging_patterns, networks_of
from polymodal.portfolio.stack import Stack, fit_stack
from polymodal.portfolio.unjudged import equal_stack, unjudged
from polymodal.registry import FEATURES, LEARNERS
from polymodal.schema.split import group_codes
from polymodal.schema.table import Table
from polymodal.schema.target import Labels, Target
from polymodal.store.memory import Memory
from polymodal.training.ensemble import Recipe, Watch, around_one, held_out_rows, train
from polymodal.training.history import History

_MOST_JUDGES = 20_000
_LEAST_JUDGES = 1_000
_MOST_NUMBERS = 100_000_000  # of what all members say of all judges, held at once
_PLAIN_SHARE = 0.5  # of a time budget, after which no further learner is tried


def train_portfolio(
    table: Table,
    memory: Memory,
    recipe: Recipe,
    learners: Sequence[str],
    n_folds: int,
    *,
    budget: float | None = None,
    checkpoint: Path | None = None,
    watch: Watch | None = None,
) -> tuple[Portfolio, list[History], list[str]]:
    """Train what `learners` names on the rows of `table`, prepared as `memory`; say what there was no time for.

    The names are "network" (of the recipe's fusion), further fusions, and registered learners; `budget` is in seconds.
    Raises FitError when nothing could be fitted.
    """
    start = time.monotonic()
    if memory.weight is not None:
        memory = replace(memory, weight=around_one(memory.weight))
    targets, names = table.schema.targets, list(memory.collate)
    _refuse_without_weight(memory)
    held_out = held_out_rows(table, n_folds, recipe.seed)
    patterns = judging_patterns(memory.present)
    members = networks_of(learners, recipe.fusion)
    plain = [name for name in learners if name in LEARNERS.names()]
    n_members = len(members) + len(plain) * len(teams(list(memory.collate)))
    each = n_members * len(patterns) * sum(map(width_of, targets.values()))
    most = max(min(_MOST_JUDGES, _MOST_NUMBERS // each), _LEAST_JUDGES)
    judges = _judges(held_out, most if memory.most_held is None else min(most, memory.most_held // 2), recipe.seed)
    # Where the cells of all rows do not fit into memory, learners see the rows that judge and as many more as do.
    looked_at = _looked_at(memory, judges, recipe.seed)
    seen = (memory if len(looked_at) == len(memory) else memory.take(looked_at)).held()
    judging = np.searchsorted(looked_at, judges)
    groups = group_codes(table.frame, table.schema)
    together = None if groups is None else groups[looked_at]
    tasks = {name: _task(target, seen, name, recipe.seed, together) for name, target in targets.items()}
    juries = {name: _jury(tasks[name], seen, judging, patterns) for name in targets}
    refuse_undecidable(juries)
    tried: dict[str, list[Tried]] = {name: [] for name in targets}
    missed: list[str] = []
    if plain:
        apart = [np.searchsorted(looked_at, np.intersect1d(looked_at, one)) for one in held_out]
        parts = folds(seen, apart, judging, recipe.seed)
        for place, name in enumerate(targets, start=1):
            share = None if budget is None else _PLAIN_SHARE * budget * place / len(targets)
            tried[name], is_cut = _within(share, start, try_out(plain, parts, tasks[name], juries[name], patterns))
            others = not_come_to(plain, parts, tasks[name], tried[name][-1]) if is_cut else []
            if others:
                missed.append(f"target {name!r}: the budget left no time to try {', '.join(others)}")
        del parts
    left = None if budget is None else max(budget - 1.3 * (time.monotonic() - start), 0.2 * budget)
    trained = {
        member: train(
            table,
            memory,
            recipe if member == NETWORK else replace(recipe, fusion=member),
            held_out,
            judges,
            patterns,
            budget=None if left is None else left / len(members),
            checkpoint=checkpoint if checkpoint is None or member == NETWORK else _named(checkpoint, member),
            watch=None if watch is None else _for_member(watch, place * len(held_out), len(members) * len(held_out)),
        )
        for place, member in enumerate(members)
    }
    networks = {member: one.networks for member, one in trained.items()}
    histories = [history for one in trained.values() for history in one.histories]
    columns = Portfolio(targets).columns
    said = {member: _evidence_said(targets, one.said, columns, juries) for member, one in trained.items()}
    first = next(iter(trained.values()), None)
    heads = {} if first is None else {name: first.alone[:, :, where] for name, where in columns.items()}
    if not any(tried.values()) and len(members) == 1:
        [(member, alone)], [answering] = said.items(), networks.values()
        uses = {name: diagnose(juries[name], names, {}, alone[name], heads[name]) for name in targets}
        decided = {name: with_thresholds(juries[name], alone[name][-1]) for name in targets}
        return Portfolio.of_networks(decided, answering, uses, member), histories, missed
    features = measure(seen, recipe.seed)
    design = Design.of(features, seen.arrays, seen.present)
    fitted: dict[str, dict[str, Learner]] = {}
    stacks, baselines, standings, uses = {}, {}, {}, {}
    decided = dict(targets)
    for name, target in targets.items():
        jury, task = juries[name], tasks[name]
        if not tried[name] and not said:  # too few to hold any out
            refuse_undecidable({name: jury}, is_judged=False)
            fitted[name] = unjudged(plain, design, task)
            if not fitted[name]:
                _refuse(name, plain, seen, task)
            stacks[name] = equal_stack(fitted[name], task.prior, patterns)
            standings[name] = [Standing(one, primary(target), None, 1 / len(fitted[name])) for one in fitted[name]]
            if target.is_relative:
                full = np.ones((1, len(names)), dtype=bool)
                risk = np.mean([one.answer(design, full)[0, :, 0] for one in fitted[name].values()], axis=0)
                baselines[name] = _baseline(risk, task.labels, task.weight)
            continue
        evidence = {one.name: one.evidence for one in tried[name]}
        evidence |= {member: one[name] for member, one in said.items()}
        stack = fit_stack(tuple(evidence), np.stack(list(evidence.values())), jury)
        stacks[name] = stack
        fitted[name] = {one.name: refit(one, design, task) for one in tried[name] if one.name in stack.used}
        together = _together(stack, evidence, jury)
        decided[name] = with_thresholds(jury, together[-1])
        if target.is_relative:
            baselines[name] = _baseline(together[-1, :, 0], jury.labels, jury.weight)
        standings[name] = _standings(stack, {**evidence, "together": together}, jury)
        joint = next((one[name] for one in said.values()), together)
        uses[name] = diagnose(jury, names, evidence, joint, heads.get(name))
    return Portfolio(decided, networks, features, fitted, stacks, baselines, standings, uses), histories, missed


def _baseline(risk: np.ndarray, labels: Labels, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Event times and cumulative hazard, of log risks `[N]`."""
    known = labels.known_rows
    time_of, event = labels.values[known].T
    return breslow(risk[known], time_of, event, weight[known])


def _named(checkpoint: Path, member: str) -> Path:
    return checkpoint.with_name(f"{checkpoint.name}.{member}")


def _for_member(watch: Watch, start: int, members: int) -> Watch:
    """Networks of several fusions, counted through."""
    return lambda member, _, epoch, epochs, figures: watch(start + member, members, epoch, epochs, figures)


def _evidence_said(
    targets: Mapping[str, Target], said: np.ndarray, columns: Mapping[str, slice], juries: Mapping[str, Jury]
) -> dict[str, np.ndarray]:
    """`[P, J, R]` evidence of the networks, by target."""
    return {
        name: evidence_of(target, said[:, :, columns[name]], juries[name].prior) for name, target in targets.items()
    }


def _refuse_without_weight(memory: Memory) -> None:
    weight = memory.weight
    if weight is not None:
        lost = [name for name, labels in memory.labels.items() if not weight[labels.known_rows].any()]
        if lost:
            raise FitError(
                f"every row with a known label of {', '.join(map(repr, lost))} has weight 0; there is nothing to learn "
                "from. Give some of them weight, or leave the target out"
            )


def _refuse(name: str, plain: Sequence[str], memory: Memory, task: Task) -> None:
    kinds = sorted({modality.kind for modality, _ in memory.collate.values()})
    if not set(kinds) & set(FEATURES.names()):
        raise FitError(
            f"{', '.join(plain)} cannot look at {', '.join(kinds)}, which the network can: Model(preset='good')"
        )
    if not any(LEARNERS.get(one).learns(task.target) for one in plain):
        learns = "; ".join(f"{one} learns {' and '.join(LEARNERS.get(one).kinds)}" for one in plain)
        others = [one for one in LEARNERS.names() if LEARNERS.get(one).learns(task.target)]
        raise FitError(
            f"target {name!r} is {task.target.kind}, and {learns}; add one that can learn it: {', '.join(others)} or "
            f"{NETWORK}, as in Model(learners=[{plain[0]!r}, {others[0]!r}])"
        )
    n_rows = int((task.labels.known_rows & (task.weight > NO_WEIGHT)).sum())
    raise FitError(
        f"too few rows for {', '.join(plain)}: {n_rows} for target {name!r} with a known label and weight, some of "
        "which are held out; let the network learn too: Model(preset='good')"
    )


def _judges(held_out: Sequence[np.ndarray], most: int, seed: int) -> np.ndarray:
    """Positions of the rows that judge, ascending: those held out, or enough of them."""
    rows = np.sort(np.concatenate(list(held_out)))
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
    return rows


def _looked_at(memory: Memory, judges: np.ndarray, seed: int) -> np.ndarray:
    """Ascending positions of the rows whose cells learners see: all, or the judges and others drawn from the seed."""
    if memory.most_held is None or len(memory) <= memory.most_held:
        return np.arange(len(memory))
    others = np.setdiff1d(np.arange(len(memory)), judges)
    drawn = np.random.default_rng(seed).choice(others, memory.most_held - len(judges), replace=False)
    return np.sort(np.concatenate([judges, drawn]))


def _task(target: Target, memory: Memory, name: str, seed: int, groups: np.ndarray | None) -> Task:
    labels = memory.labels[name]
    weight = np.ones(len(memory)) if memory.weight is None else memory.weight
    return Task(target, labels, weight, prior_of(target, labels, weight), seed, torch.get_num_threads(), groups)


def _jury(task: Task, memory: Memory, judges: np.ndarray, patterns: np.ndarray) -> Jury:
    told = task.of(judges)
    return Jury(task.target, task.prior, memory.present[judges], patterns, told.labels, told.weight, told.groups)


def _within(budget: float | None, start: float, trying: Iterator[Tried]) -> tuple[list[Tried], bool]:
    """What could be tried in that time, and one at least; and whether time was what ended it."""
    found = []
    for one in trying:
        found.append(one)
        if budget is not None and time.monotonic() - start > budget:
            return found, True
    return found, False


def _together(stack: Stack, evidence: Mapping[str, np.ndarray], jury: Jury) -> np.ndarray:
    """`[P, N, R]` weighed evidence of all members on the rows that judge."""
    kept = jury.patterns[:, None, :] & jury.present[None, :, :]
    weights = stack.weigh(kept)
    total = np.einsum("pnk,kpnr->pnr", weights, np.stack([evidence[name] for name in stack.members]))
    return np.where(kept.any(axis=2)[:, :, None], total, 0.0)


def _standings(stack: Stack, evidence: Mapping[str, np.ndarray], jury: Jury) -> list[Standing]:
    """How each member does by itself on the rows that judge, all modalities there, best first."""
    metric = primary(jury.target)
    weights = dict(zip(stack.members, stack.weights[-1], strict=True))
    found = []
    for name, one in evidence.items():
        outputs = outputs_of(jury.target, one[-1], jury.prior)
        value = score(jury.target, outputs, jury.labels, jury.weight).get(metric)
        found.append(Standing(name, metric, value, weights.get(name)))
    return sorted(found, key=lambda one: -np.inf if one.value is None else one.value, reverse=True)
