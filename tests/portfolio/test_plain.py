"""Learners fold by fold: what is held out is answered by a model that never saw it."""

from dataclasses import replace

import numpy as np
import pytest

import polymodal as pm
from polymodal.learners import trees
from polymodal.learners._evidence import prior_of
from polymodal.learners._learner import Task
from polymodal.learners.linear import Linear
from polymodal.learners.trees import Trees
from polymodal.portfolio.jury import Jury
from polymodal.portfolio.plain import folds, measure, refit, teams, try_out
from polymodal.portfolio.preset import judging_patterns
from polymodal.store.preprocessing import Preprocessor

RANDOM = np.random.default_rng(0)
N = 60
HELD = [np.arange(start, N, 3) for start in range(3)]


@pytest.fixture
def memory():
    x = RANDOM.normal(size=N)
    vectors = [None if row % 4 == 0 else RANDOM.normal(size=3) + x[row] for row in range(N)]
    rare = [[1.0] if row == 7 else None for row in range(N)]
    columns = {"x": x, "v": vectors, "rare": rare, "y": x + 0.3 * RANDOM.normal(size=N)}
    table = pm.Table.read(columns, target="y", types={"v": "vector", "rare": "vector"})
    return Preprocessor.measure(table, {}).prepare(table)


def task_of(memory):
    labels, weight = memory.labels["y"], np.ones(len(memory))
    return Task(pm.Number(), labels, weight, prior_of(pm.Number(), labels, weight))


def tried(memory, learners=("linear",), held=HELD):
    task, patterns, asked = task_of(memory), judging_patterns(memory.present), np.sort(np.concatenate(held))
    jury = Jury(task.target, task.prior, memory.present[asked], patterns, task.labels.take(asked), np.ones(len(asked)))
    return list(try_out(learners, folds(memory, held, asked, 0), task, jury, patterns)), task, patterns, jury


def test_folds_part_the_rows(memory):
    parts = folds(memory, HELD, np.arange(N), 0)
    for part, held in zip(parts, HELD, strict=True):
        assert part.place.tolist() == held.tolist()
        assert not set(part.rest) & set(held)
        assert len(part.rest) + len(held) == N
        assert len(part.held_design) == len(held)


def test_features_are_those_of_the_rows_learnt_from(memory):
    [part] = folds(memory, [np.arange(20)], np.arange(20), 0)
    x = part.design.wide["tabular"][:, 0]
    assert x.mean() == pytest.approx(0, abs=1e-6)
    assert x.std() == pytest.approx(1, abs=1e-6)
    assert "rare" not in part.design.wide  # only a row held out has it
    assert not part.held_design.present[:, part.design.names.index("rare")].any()


def test_evidence_is_that_of_the_fold_and_its_strength_the_best(memory):
    [everything, *_], task, patterns, jury = tried(memory)
    losses = {}
    for strength in Linear.strengths(N):
        evidence = np.zeros((len(patterns), N, 1))
        for part in folds(memory, HELD, np.arange(N), 0):
            known = [name for name in everything.modalities if name in part.design.compact]
            [model] = Linear.path(part.design, known, task.of(part.rest), [strength])
            evidence[:, part.place] = model.answer(part.held_design, patterns)
        losses[strength] = jury.loss(evidence)
        if strength == everything.strength:
            np.testing.assert_allclose(everything.evidence, evidence, atol=1e-4)
    assert losses[everything.strength] == pytest.approx(min(losses.values()), abs=1e-4)


def test_labels_held_out_are_not_seen(memory):
    [first] = [one for one in tried(memory, held=HELD[:1])[0] if one.name == "linear"]
    values = memory.labels["y"].values.copy()
    values[HELD[0]] += 0.01
    moved = replace(memory, labels={"y": replace(memory.labels["y"], values=values)})
    task = task_of(memory)
    again = tried(moved, held=HELD[:1])[0][0]
    assert again.strength == first.strength
    shift = task_of(moved).prior - task.prior
    answered = memory.present[HELD[0]].any(axis=1)
    np.testing.assert_allclose((again.evidence + shift)[-1, answered], first.evidence[-1, answered], atol=1e-9)


def test_a_modality_of_too_few_rows_has_no_learner_of_its_own(memory):
    found, *_ = tried(memory, ("linear", "trees"))
    some = {"", ":v", ":tabular"}
    assert sorted(one.name for one in found) == sorted(one + team for one in ("linear", "trees") for team in some)


def test_refit_learns_from_every_row(memory):
    [everything, *_], task, patterns, _ = tried(memory)
    [part] = folds(memory, [np.zeros(0, dtype=int)], np.zeros(0, dtype=int), 0)
    model = refit(everything, part.design, task)
    said = model.answer(part.design, patterns)[-1, :, 0]
    assert set(model.modalities) == set(measure(memory, 0))
    assert np.corrcoef(said, task.labels.values)[0, 1] > 0.8


def test_trees_go_on_while_more_of_them_help(monkeypatch):
    """Hills and hollows have more slopes than the first rounds can cut into steps."""
    monkeypatch.setattr(trees, "_MOST_ROUNDS", 640)
    x = RANDOM.random((1_200, 2))
    table = pm.Table.read({"a": x[:, 0], "b": x[:, 1], "y": np.sin(9 * x).prod(axis=1)}, target="y")
    memory = Preprocessor.measure(table, {}).prepare(table)
    held = [np.arange(0, 1_200, 4)]
    [found], task, patterns, jury = tried(memory, ("trees",), held)
    assert found.strength == 640
    [fold] = folds(memory, held, held[0], 0)
    usual = Trees.path(fold.design, ["tabular"], task.of(fold.rest), Trees.strengths(1_200))
    assert found.loss < min(jury.loss(one.answer(fold.held_design, patterns)) for one in usual)


def test_teams():
    assert teams(["a"]) == [("a",)]
    assert len(teams([str(k) for k in range(12)])) == 13
    assert len(teams([str(k) for k in range(13)])) == 1
