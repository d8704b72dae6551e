"""Cells that come back, known by themselves: also the ones that differ in nothing that plain features see."""

from dataclasses import replace

import numpy as np
import pytest

from polymodal.learners._design import Design
from polymodal.learners._learner import Task
from polymodal.learners._repeats import places_of, repeating
from polymodal.learners.factored_trees import FactoredTrees
from polymodal.learners.factors import Factors
from polymodal.learners.trees import Trees
from polymodal.schema.target import Category, Labels, Number

BOTH = np.ones((1, 2), dtype=bool)


def draw_pairs(seed=0, rows=600):
    """Users and products with meetings of rank two; their features say nothing."""
    random = np.random.default_rng(seed)
    users, products = random.integers(0, 20, rows), random.integers(0, 15, rows)
    latent = [random.normal(size=(size, 2)) for size in (20, 15)]
    values = random.normal(size=20)[users] + (latent[0][users] * latent[1][products]).sum(axis=1)
    noise = {name: random.normal(size=(rows, 3)).astype(np.float32) for name in ("user", "product")}
    identity = {"user": 100 + users, "product": 7 * products}
    nothing = {"user": (), "product": ()}
    design = Design(noise, noise, nothing, np.ones((rows, 2), dtype=bool), ("user", "product"), identity)
    labels = Labels(values, np.ones(rows, dtype=bool))
    return design, Task(Number(), labels, np.ones(rows), np.array([values.mean()]))


def part(design, rows):
    views = ({name: one[rows] for name, one in view.items()} for view in (design.wide, design.compact))
    identity = {name: one[rows] for name, one in design.identity.items()}
    return Design(*views, design.categorical, design.present[rows], design.names, identity)


@pytest.mark.parametrize("learner", [Factors, FactoredTrees])
def test_meetings_are_learnt_where_features_say_nothing(learner):
    design, task = draw_pairs()
    learnt, asked = np.arange(500), np.arange(500, 600)
    model = learner.path(part(design, learnt), design.names, task.of(learnt), learner.strengths(500)[-2:-1])[0]
    apart = model.answer(part(design, asked), BOTH)[0, :, 0] + task.prior - task.labels.values[asked]
    trees = Trees.path(part(design, learnt), design.names, task.of(learnt), [80.0])[0]
    blind = trees.answer(part(design, asked), BOTH)[0, :, 0] + task.prior - task.labels.values[asked]
    assert apart.var() < 0.4 * blind.var()


def test_a_cell_never_seen_is_a_mean_one():
    design, task = draw_pairs()
    model = Factors.path(design, design.names, task, [0.25])[0]
    strange = replace(design, identity={**design.identity, "user": np.full(600, 1)})
    alone = np.array([[False, True]])
    np.testing.assert_allclose(model.answer(strange, BOTH), model.answer(design, alone))


def test_cells_that_differ_from_row_to_row_are_left_out():
    design, task = draw_pairs()
    once = replace(design, identity={**design.identity, "user": np.arange(600)})
    assert repeating(once, design.names, np.arange(600)) == ["product"]
    assert Factors.suits(once, ("product",), task)
    assert not Factors.suits(once, design.names, task)  # it would say the same twice
    assert not FactoredTrees.suits(once, design.names, task)
    assert Factors.path(once, design.names, task, [0.25])[0].modalities == ("product",)


def test_one_cell_for_all_is_left_out():
    design, _ = draw_pairs()
    same = replace(design, identity={**design.identity, "user": np.zeros(600, dtype=int)})
    assert repeating(same, ("user",), np.arange(600)) == []


def test_places_of_absent_and_new_cells_are_the_last():
    design = Design({}, {}, {}, np.array([[True], [False], [True]]), ("a",), {"a": np.array([5, 9])})
    assert places_of(design, "a", np.arange(3), np.array([2, 9])).tolist() == [2, 2, 1]
    assert places_of(design, "b", np.arange(3), np.array([2, 9])).tolist() == [2, 2, 2]


@pytest.mark.parametrize("classes", [2, 3])
def test_exclusive_or_of_what_comes_back_is_read(classes):
    design, _ = draw_pairs(rows=400)
    codes = (design.identity["user"] + design.identity["product"] // 7) % classes
    target = Category(classes=tuple("abc"[:classes]))
    task = Task(target, Labels(codes, np.ones(400, dtype=bool)), np.ones(400), np.log(np.full(classes, 1 / classes)))
    model = Factors.path(design, design.names, task, [0.5])[0]
    assert (model.answer(design, BOTH)[0].argmax(axis=1) == codes).mean() > 0.9


def test_rows_are_hinted_by_factors_that_never_saw_them():
    design, task = draw_pairs()
    noise = np.random.default_rng(1).normal(size=600)
    task = replace(task, labels=Labels(noise, np.ones(600, dtype=bool)), prior=np.zeros(1))
    every = np.arange(600)
    _, hints = FactoredTrees._hints(design, design.names, task, every, design.present)
    assert np.corrcoef(hints[:, 0], noise)[0, 1] < 0.1  # learnt by heart it would be far above
