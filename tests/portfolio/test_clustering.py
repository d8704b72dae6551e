"""Rows that belong together tell less than as many that do not: how much less, in cases that can be counted."""

from dataclasses import replace

import numpy as np
import pytest

from polymodal.learners._evidence import prior_of
from polymodal.portfolio.clustering import design_effect
from polymodal.portfolio.jury import Jury
from polymodal.portfolio.stack import fit_stack
from polymodal.schema.target import Category, Labels, Multilabel, Number, Survival

N, K = 40, 3
RANDOM = np.random.default_rng(0)
TRUTH = RANDOM.normal(size=N)
TARGETS = {
    "category": (Category(classes=("a", "b")), (TRUTH > 0).astype(np.int64), 2),
    "multilabel": (Multilabel(classes=("p", "q")), np.stack([TRUTH > 0, TRUTH < 0.5], axis=1) * 1.0, 2),
    "number": (Number(), TRUTH, 1),
    "survival": (Survival("t", "e"), np.stack([np.exp(TRUTH), RANDOM.random(N) < 0.7], axis=1) * 1.0, 1),
}


def judged(kind, copies=1, groups=None):
    """A jury of rows that are each there `copies` times, and what three members say of them."""
    target, values, width = TARGETS[kind]
    values = np.repeat(values, copies, axis=0)
    n = len(values)
    labels = Labels(values, np.ones(values.shape if kind == "multilabel" else n, dtype=bool))
    full = np.ones((n, 1), dtype=bool)
    jury = Jury(target, prior_of(target, labels, None), full, full[:1], labels, np.ones(n), groups)
    said = TRUTH[:, None] * np.linspace(-1, 1, width) if width > 1 else TRUTH[:, None]
    noise = np.random.default_rng(1).normal(size=(K, N, width))
    return jury, np.repeat(said + noise, copies, axis=1)[:, None]


def effect(jury, evidence):
    return design_effect([one for _, one in jury.problems(evidence)], np.full(K, 1 / K))


@pytest.mark.parametrize("kind", TARGETS)
def test_rows_that_stand_alone_are_all_witnesses(kind):
    assert effect(*judged(kind)) == 1.0
    assert effect(*judged(kind, groups=np.arange(N))) == pytest.approx(1.0)


@pytest.mark.parametrize("kind", [kind for kind in TARGETS if kind != "survival"])
@pytest.mark.parametrize("copies", [2, 7])
def test_copies_of_a_row_are_one_witness(kind, copies):
    found = effect(*judged(kind, copies, np.repeat(np.arange(N), copies)))
    assert found == pytest.approx((N * copies - 1) / (N - 1))


def test_groups_that_are_drawn_at_random_take_little_away():
    effects = [effect(*judged("number", groups=np.random.default_rng(seed).integers(0, 10, N))) for seed in range(50)]
    assert np.mean(effects) < 1.6


def test_one_group_cannot_tell():
    assert effect(*judged("category", groups=np.zeros(N, dtype=np.int64))) == 1.0


def test_weights_of_copies_are_those_of_the_rows():
    names = [str(member) for member in range(K)]
    few = fit_stack(names, *judged("category")[::-1]).weights
    jury, evidence = judged("category", 20, np.repeat(np.arange(N), 20))
    np.testing.assert_allclose(fit_stack(names, evidence, jury).weights, few, atol=0.01)
    assert np.abs(fit_stack(names, evidence, replace(jury, groups=None)).weights - few).max() > 0.05
