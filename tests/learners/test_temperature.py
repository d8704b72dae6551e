"""Temperatures that labels were drawn at, and parts that groups are whole in."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from polymodal.learners._temperature import held_apart, temperature


@pytest.mark.parametrize("true", [0.2, 1.0, 7.0])
def test_the_temperature_that_labels_were_drawn_at_comes_back(true):
    random = np.random.default_rng(0)
    scores, prior = 5 * random.normal(size=(20_000, 4)), np.log([0.1, 0.2, 0.3, 0.4])
    codes = (softmax(scores / true + prior, axis=1).cumsum(axis=1) < random.random((20_000, 1))).sum(axis=1)
    assert temperature(scores, codes, np.ones(20_000), prior) == pytest.approx(true, rel=0.05)


def test_no_other_temperature_has_less_loss():
    random = np.random.default_rng(1)
    scores, codes, share, prior = (
        9 * random.normal(size=(40, 3)),
        random.integers(0, 3, 40),
        random.random(40),
        np.zeros(3),
    )

    def loss(heat: float) -> float:
        told = log_softmax(scores / heat + prior, axis=1)[np.arange(40), codes]
        return float(-share @ told + np.log(heat) ** 2 / 2)

    found = temperature(scores, codes, share, prior)
    assert loss(found) <= min(loss(heat) for heat in np.geomspace(0.01, 100, 400))


def test_a_class_that_was_not_there_is_as_if_it_were_not_asked_about():
    random = np.random.default_rng(2)
    scores, codes = 9 * random.normal(size=(60, 2)), random.integers(0, 2, 60)
    wider = np.concatenate([scores, np.full((60, 1), -np.inf)], axis=1)
    found = [temperature(one, codes, np.ones(60), np.zeros(one.shape[1])) for one in (scores, wider)]
    assert found[0] == pytest.approx(found[1])


def test_little_is_told_by_few_rows_and_nothing_by_none():
    wrong = np.array([[9.0, 0.0]])
    few, many = (
        temperature(np.repeat(wrong, n, axis=0), np.ones(n, int), np.ones(n), np.zeros(2)) for n in (1, 10_000)
    )
    assert 1 < few < many == pytest.approx(100)
    assert temperature(np.zeros((0, 2)), np.zeros(0, int), np.zeros(0), np.zeros(2)) == pytest.approx(1)


def test_groups_stay_whole_and_parts_are_as_large():
    groups = np.repeat(np.arange(12), np.arange(1, 13))
    parts = held_apart(np.zeros(len(groups), int), groups, seed=0)
    assert all(len(np.unique(parts[groups == one])) == 1 for one in range(12))
    assert np.ptp(np.bincount(parts, minlength=5)) <= 2


@pytest.mark.parametrize("groups", [None, np.zeros(23, int)])
def test_classes_are_dealt_over_the_parts(groups):
    codes = np.array([0] * 16 + [1] * 5 + [2] * 2)
    parts = held_apart(codes, groups, seed=0)
    assert len(np.unique(parts[codes == 1])) == 5
    assert len(np.unique(parts[codes == 2])) == 2
    assert np.ptp(np.bincount(parts)) <= 1
