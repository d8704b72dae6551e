"""Outputs to evidence and back, and what is known of a row with nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polymodal.learners._evidence import evidence_of, outputs_of, prior_of, width_of
from polymodal.schema.target import Category, Labels, Multilabel, Number, Survival

THREE, SEVERAL = Category(classes=("a", "b", "c")), Multilabel(classes=("p", "q"))


@given(st.integers(0, 10_000))
def test_evidence_and_outputs_undo_each_other(seed):
    random = np.random.default_rng(seed)
    shares = random.dirichlet(np.ones(3) * 0.3, size=(2, 5)).clip(1e-8)
    shares /= shares.sum(axis=-1, keepdims=True)
    prior = np.log(random.dirichlet(np.ones(3)) + 1e-6)
    np.testing.assert_allclose(outputs_of(THREE, evidence_of(THREE, shares, prior), prior), shares, atol=1e-9)
    chances, logits = random.random((2, 5, 2)), random.normal(size=2)
    np.testing.assert_allclose(outputs_of(SEVERAL, evidence_of(SEVERAL, chances, logits), logits), chances, atol=1e-8)
    numbers = random.normal(size=(2, 5, 1))
    for target in (Number(), Survival("t", "e")):
        np.testing.assert_allclose(outputs_of(target, evidence_of(target, numbers, [3.0]), [3.0]), numbers)


def test_certain_answers_stay_finite():
    assert np.isfinite(evidence_of(THREE, np.array([[1.0, 0.0, 0.0]]), np.zeros(3))).all()
    assert np.isfinite(evidence_of(SEVERAL, np.array([[1.0, 0.0]]), np.zeros(2))).all()


def test_prior_is_what_was_seen():
    codes = Labels(np.array([0, 0, 0, 1, 0]), np.array([True, True, True, True, False]))
    shares = np.exp(prior_of(THREE, codes, None))
    assert shares.sum() == pytest.approx(1)
    assert shares == pytest.approx([10 / 15, 4 / 15, 1 / 15])  # a third of a row more for each class
    weighed = np.exp(prior_of(THREE, codes, np.array([1.0, 0, 0, 3.0, 9.0])))
    assert weighed == pytest.approx([4 / 15, 10 / 15, 1 / 15])
    numbers = Labels(np.array([1.0, 5.0, 100.0]), np.array([True, True, False]))
    assert prior_of(Number(), numbers, np.array([3.0, 1.0, 1.0])) == pytest.approx([2.0])


def test_a_label_that_nobody_knows_is_even():
    labels = Labels(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[True, False], [True, False]]))
    assert prior_of(SEVERAL, labels, None) == pytest.approx([np.log(2.5 / 0.5), 0.0])


def test_width():
    assert [width_of(one) for one in (THREE, SEVERAL, Number(), Survival("t", "e"))] == [3, 2, 1, 1]
