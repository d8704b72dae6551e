"""Weights of members on rows held out: who is right counts, who is noise does not, and few rows change little."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polymodal.learners._evidence import prior_of
from polymodal.portfolio.jury import Jury
from polymodal.portfolio.stack import Stack, fit_stack
from polymodal.schema.target import Category, Labels, Multilabel, Number, Survival

RANDOM = np.random.default_rng(0)
TWO = Category(classes=("a", "b"))


def judge(target, values, present=None, patterns=None, known=None):
    n = len(values)
    labels = Labels(
        values, np.ones(values.shape if target.kind == "multilabel" else n, bool) if known is None else known
    )
    present = np.ones((n, 1), dtype=bool) if present is None else present
    patterns = np.ones((1, present.shape[1]), dtype=bool) if patterns is None else patterns
    return Jury(target, prior_of(target, labels, None), present, patterns, labels, np.ones(n))


def towards(codes, sure):
    """Logits `[N, 2]` that favour the given class by `sure`."""
    return np.where(np.arange(2) == codes[:, None], sure, -sure) / 2


CODES = RANDOM.integers(0, 2, 300)
GOOD = towards(np.where(RANDOM.random(300) < 0.9, CODES, 1 - CODES), 2.0)
NOISE = towards(RANDOM.integers(0, 2, 300), 2.0)


def weights_of(*members, jury=None):
    stack = fit_stack([str(k) for k in range(len(members))], np.stack(members)[:, None], jury or judge(TWO, CODES))
    return stack.weights[0]


def test_noise_gets_no_weight():
    good, noise = weights_of(GOOD, NOISE)
    assert good > 0.8
    assert noise < 0.05


def test_identical_members_share():
    first, second = weights_of(GOOD, GOOD)
    assert first == pytest.approx(second, abs=1e-4)
    [alone] = weights_of(GOOD)
    assert first + second == pytest.approx(alone, abs=0.1)


def test_who_says_the_opposite_gets_nothing():
    good, wrong = weights_of(GOOD, -GOOD)
    assert wrong == 0.0
    assert good > 0.5


def test_who_is_too_sure_is_believed_less_and_who_is_too_timid_more():
    assert weights_of(4 * GOOD)[0] < 0.5
    assert weights_of(0.25 * GOOD)[0] > 1.5


def draw(kind, n, random):
    """A target, labels of N rows, and what a perfect member would say."""
    if kind == "category":
        codes = random.integers(0, 2, n)
        return TWO, codes, towards(codes, 2.0)
    if kind == "multilabel":
        values = (random.random((n, 2)) < 0.5) * 1.0
        return Multilabel(classes=("p", "q")), values, 2 * values - 1
    risk = random.normal(size=(n, 1))
    if kind == "number":
        return Number(), risk[:, 0] * 1e-7, risk * 1e-7
    return Survival("t", "e"), np.stack([np.exp(-risk[:, 0]), random.random(n) < 0.8], axis=1).astype(float), risk


@pytest.mark.parametrize("kind", ["category", "multilabel", "number", "survival"])
@pytest.mark.parametrize("seed", range(3))
def test_together_is_no_worse_than_the_best(kind, seed):
    random = np.random.default_rng(seed)
    target, values, truth = draw(kind, 400, random)
    unit = np.abs(truth).max()
    members = np.stack([truth + unit * random.normal(size=truth.shape) * noise for noise in (0.5, 1.0, 3.0)])[:, None]
    jury = judge(target, values)
    stack = fit_stack(["a", "b", "c"], members, jury)
    together = np.einsum("k,kpnr->pnr", stack.weights[0], members)
    least = min(jury.loss(one) for one in members)
    assert jury.loss(together) <= least + 0.01 * max(least, 0.1)
    assert (stack.weights >= 0).all()


PRESENT = np.ones((300, 2), dtype=bool)
PRESENT[5:, 1] = False
EVERY = np.array([[True, False], [False, True], [True, True]])


def test_a_pattern_of_few_rows_keeps_the_common_weights():
    jury = judge(TWO, CODES, PRESENT, EVERY)
    evidence = np.stack([np.stack([GOOD] * 3), np.stack([NOISE] * 3)])
    stack = fit_stack(["good", "noise"], evidence, jury)
    np.testing.assert_array_equal(stack.weights[1], stack.weights[2])
    assert not np.array_equal(stack.weights[0], stack.weights[1])


def test_each_pattern_trusts_who_is_right_there():
    jury = judge(TWO, CODES, np.ones((300, 2), dtype=bool), EVERY)
    stack = fit_stack(["a", "b"], np.stack([np.stack([GOOD, NOISE, GOOD]), np.stack([NOISE, GOOD, GOOD])]), jury)
    assert stack.weights[0, 0] > 3 * stack.weights[0, 1]
    assert stack.weights[1, 1] > 3 * stack.weights[1, 0]
    assert stack.weights[2, 0] == pytest.approx(stack.weights[2, 1], abs=0.1)


def test_nobody_to_judge_means_equal_shares():
    jury = judge(TWO, CODES, known=np.zeros(300, dtype=bool))
    assert weights_of(GOOD, NOISE, jury=jury).tolist() == [0.5, 0.5]


def test_members_that_say_nothing_do_no_harm():
    assert np.isfinite(weights_of(np.zeros_like(GOOD), np.zeros_like(GOOD))).all()


def test_an_unseen_pattern_gets_the_weights_of_its_size():
    stack = Stack(("a", "b"), np.zeros(2), np.eye(3, dtype=bool)[:2], np.array([[1.0, 0.0], [0.0, 2.0]]))
    asked = np.array([[True, False, False], [False, False, True], [True, True, True]])
    assert stack.weigh(asked).tolist() == [[1.0, 0.0], [0.5, 1.0], [0.5, 1.0]]


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([1, 3, 64, 70]), st.integers(0, 1000))
def test_weights_are_looked_up_row_by_row(n_modalities, seed):
    random = np.random.default_rng(seed)
    patterns = np.unique(random.random((6, n_modalities)) < 0.5, axis=0)
    stack = Stack(("a",), np.zeros(1), patterns, random.random((len(patterns), 1)))
    rows = np.concatenate([patterns, random.random((5, n_modalities)) < 0.5])[random.integers(0, 6, (2, 4))]
    found = stack.weigh(rows)
    assert found.shape == (2, 4, 1)
    for i, j in np.ndindex(2, 4):
        distance = np.abs(patterns.sum(axis=1) - rows[i, j].sum())
        same = (patterns == rows[i, j]).all(axis=1)
        expected = stack.weights[same if same.any() else distance == distance.min()].mean(axis=0)
        np.testing.assert_allclose(found[i, j], expected)
