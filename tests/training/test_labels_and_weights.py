"""Targets with their own missing labels, and rows of no weight, at the loss and through a fit."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import polymodal as pm
from polymodal.registry import OBJECTIVES
from polymodal.schema.batch import Fused, KnownLabels
from polymodal.schema.target import Labels

ROWS, WIDTH = 12, 8
RANDOM = np.random.default_rng(0)
KINDS = {
    "category": (pm.Category(classes=("a", "b", "c")), RANDOM.integers(0, 3, ROWS)),
    "number": (pm.Number(), RANDOM.normal(size=ROWS)),
    "ordinal": (pm.Ordinal(levels=("a", "b", "c")), RANDOM.integers(0, 3, ROWS)),
    "multilabel": (pm.Multilabel(classes=("p", "q")), RANDOM.integers(0, 2, (ROWS, 2)).astype(float)),
    "survival": (pm.Survival("t", "e"), np.stack([RANDOM.exponential(size=ROWS), np.arange(ROWS) % 2], axis=1)),
}


def prepared(name):
    target, values = KINDS[name]
    torch.manual_seed(0)
    objective = OBJECTIVES.get(name)(target, WIDTH)
    fused = Fused(torch.randn(ROWS, WIDTH), torch.ones(ROWS, dtype=torch.bool))
    shape = values.shape if name == "multilabel" else (ROWS,)
    labels = KnownLabels(torch.from_numpy(values), torch.ones(shape, dtype=torch.bool))
    objective.measure(Labels(values, labels.known.numpy()), None)
    return objective, fused, labels


def first_half(fused, labels):
    half = slice(0, ROWS // 2)
    return Fused(fused.values[half], fused.known[half]), KnownLabels(labels.values[half], labels.known[half])


def poison(labels):
    values = labels.values.clone()
    values[ROWS // 2 :] = 1 if values.dtype == torch.int64 else 1e6
    return values


@pytest.mark.parametrize("name", OBJECTIVES.names())
def test_an_unknown_label_is_not_there(name):
    objective, fused, labels = prepared(name)
    known = labels.known.clone()
    known[ROWS // 2 :] = False
    with_gaps = objective(fused, KnownLabels(poison(labels), known)).loss
    torch.testing.assert_close(with_gaps, objective(*first_half(fused, labels)).loss)


@pytest.mark.parametrize("name", OBJECTIVES.names())
def test_a_row_without_modality_teaches_nothing(name):
    objective, fused, labels = prepared(name)
    known = fused.known.clone()
    known[ROWS // 2 :] = False
    hidden = objective(Fused(fused.values, known), replace(labels, values=poison(labels))).loss
    torch.testing.assert_close(hidden, objective(*first_half(fused, labels)).loss)


@pytest.mark.parametrize("name", OBJECTIVES.names())
def test_a_row_of_weight_zero_is_not_there(name):
    objective, fused, labels = prepared(name)
    weight = torch.ones(ROWS)
    weight[ROWS // 2 :] = 0.0
    weighted = objective(fused, replace(labels, values=poison(labels)), weight).loss
    torch.testing.assert_close(weighted, objective(*first_half(fused, labels)).loss)


@pytest.mark.parametrize("name", OBJECTIVES.names())
def test_weight_two_is_the_row_twice(name):
    objective, fused, labels = prepared(name)
    weight = torch.ones(ROWS)
    weight[0] = 2.0
    twice = torch.tensor([0, *range(ROWS)])
    doubled = objective(
        Fused(fused.values[twice], fused.known[twice]), KnownLabels(labels.values[twice], labels.known[twice])
    ).loss
    torch.testing.assert_close(objective(fused, labels, weight).loss, doubled)


@pytest.mark.parametrize("name", OBJECTIVES.names())
def test_no_known_label_is_a_loss_of_zero_with_gradient(name):
    objective, fused, labels = prepared(name)
    loss = objective(fused, replace(labels, known=torch.zeros_like(labels.known))).loss
    loss.backward()
    assert loss.item() == 0.0
    assert objective.head.weight.grad is not None


def separable(rows=120):
    x = np.random.default_rng(1).normal(size=rows)
    return x, np.where(x > 0, "up", "down").astype(object)


def test_a_poisoned_half_of_weight_zero():
    x, truth = separable()
    wrong = np.where(truth == "up", "down", "up")
    poisoned = np.arange(len(x)) % 2 == 1
    frame = {"x": x, "y": np.where(poisoned, wrong, truth), "w": np.where(poisoned, 0.0, 1.0)}
    model = pm.Model(folds=1, epochs=30, width=16).fit(pm.Table.read(frame, target="y", weight="w"))
    assert (model.predict([{"x": value} for value in x]).values() == truth).mean() > 0.9


def test_only_the_ratio_of_weights_counts():
    x, truth = separable(60)
    answers = []
    for unit in (1.0, 1e-30, 1e200):
        table = pm.Table.read({"x": x, "y": truth, "w": unit * (1 + np.arange(60) % 3)}, target="y", weight="w")
        model = pm.Model(folds=1, epochs=3, width=8).fit(table)
        answers.append(model.predict(table).outputs["y"])
    np.testing.assert_allclose(answers[1], answers[0], rtol=1e-4)
    np.testing.assert_allclose(answers[2], answers[0], rtol=1e-4)


def test_several_targets_each_with_its_own_gaps():
    x, truth = separable()
    rows = len(x)
    first, last = np.arange(rows) < rows // 2, np.arange(rows) >= rows // 2
    frame = {
        "x": x,
        "side": np.where(first, truth, None),
        "twice": np.where(last, 2 * x, np.nan),
        "tags": [None if row % 3 == 0 else (["pos"] if x[row] > 0 else []) for row in range(rows)],
        "time": np.where(first, np.exp(-x) * 100, np.nan),
        "seen": np.ones(rows),
    }
    target = {
        "side": pm.Category(),
        "twice": pm.Number(),
        "tags": pm.Multilabel(),
        "life": pm.Survival("time", "seen"),
    }
    model = pm.Model(folds=1, epochs=40, width=16).fit(pm.Table.read(frame, target=target))
    found = model.predict([{"x": value} for value in x])
    assert (found.values("side") == truth).mean() > 0.9
    assert np.corrcoef(found.values("twice"), 2 * x)[0, 1] > 0.9
    assert (found.values("tags")[:, 0] == (x > 0)).mean() > 0.85
    assert np.corrcoef(found.outputs["life"][:, 0], x)[0, 1] > 0.8
