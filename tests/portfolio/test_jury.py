"""The loss of what is said about rows held out, against closed forms."""

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss

from polymodal.learners._evidence import evidence_of, prior_of
from polymodal.objectives.survival import cox_loss
from polymodal.portfolio.jury import Jury
from polymodal.schema.target import Category, Labels, Multilabel, Number, Ordinal, Survival

RANDOM = np.random.default_rng(0)
N = 50
WEIGHT = RANDOM.uniform(0.1, 2.0, N)
FULL = np.ones((1, 1), dtype=bool)


def jury(target, values, known=None, present=None, patterns=FULL, weight=WEIGHT):
    labels = Labels(values, np.ones(N, dtype=bool) if known is None else known)
    present = np.ones((N, 1), dtype=bool) if present is None else present
    return Jury(target, prior_of(target, labels, weight), present, patterns, labels, weight)


def test_category_is_log_loss():
    target, chances = Category(classes=("a", "b", "c")), RANDOM.dirichlet(np.ones(3), N)
    held = jury(target, RANDOM.integers(0, 3, N))
    found = held.loss(evidence_of(target, chances, held.prior)[None])
    assert found == pytest.approx(log_loss(held.labels.values, chances, sample_weight=WEIGHT, labels=[0, 1, 2]))


def test_ordinal_is_log_loss():
    target, chances = Ordinal(levels=("a", "b", "c")), RANDOM.dirichlet(np.ones(3), N)
    held = jury(target, RANDOM.integers(0, 3, N))
    found = held.loss(evidence_of(target, chances, held.prior)[None])
    assert found == pytest.approx(log_loss(held.labels.values, chances, sample_weight=WEIGHT, labels=[0, 1, 2]))


def test_a_class_counts_by_its_weight():
    plain, chances = Category(classes=("a", "b", "c")), RANDOM.dirichlet(np.ones(3), N)
    values, prior = RANDOM.integers(0, 3, N), np.zeros(3)
    weighed = plain.model_copy(update={"class_weight": (("b", 4.0),)})
    by_class = jury(weighed, values)
    by_rows = jury(plain, values, weight=np.where(values == 1, 4.0, 1.0) * WEIGHT)
    np.testing.assert_allclose(by_class.prior, by_rows.prior)
    said = evidence_of(plain, chances, prior)[None]
    assert by_class.loss(said) == pytest.approx(by_rows.loss(said))


def test_multilabel_is_log_loss_of_the_known_labels():
    target, chances = Multilabel(classes=("p", "q")), RANDOM.random((N, 2))
    values, known = (RANDOM.random((N, 2)) < 0.5) * 1.0, RANDOM.random((N, 2)) < 0.7
    held = jury(target, values, known)
    each = -np.where(values == 1, np.log(chances), np.log(1 - chances)) * known
    rows = known.any(axis=1)
    expected = (each.sum(axis=1) * WEIGHT)[rows].sum() / WEIGHT[rows].sum()
    assert held.loss(evidence_of(target, chances, held.prior)[None]) == pytest.approx(expected)


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e130])
def test_number_is_squared_error_over_the_variance(unit):
    values, said = RANDOM.normal(size=N) * unit, RANDOM.normal(size=(1, N, 1)) * unit
    held = jury(Number(), values)
    error = np.average((values / unit - (said[0, :, 0] + held.prior) / unit) ** 2, weights=WEIGHT)
    assert held.loss(said) == pytest.approx(error / 2 / ((values - held.prior) ** 2 / unit**2).mean())


def test_survival_is_the_partial_likelihood():
    values, risk = np.stack([RANDOM.exponential(size=N), RANDOM.random(N) < 0.5], axis=1), RANDOM.normal(size=(1, N, 1))
    held = jury(Survival("t", "e"), values)
    per_event = cox_loss(*map(torch.from_numpy, (risk[0, :, 0], values[:, 0], values[:, 1], WEIGHT))).item()
    expected = per_event * (values[:, 1] * WEIGHT).sum() / WEIGHT.sum()
    assert held.loss(risk) == pytest.approx(expected)


def test_survival_without_an_event_costs_nothing():
    held = jury(Survival("t", "e"), np.stack([np.arange(N) + 1.0, np.zeros(N)], axis=1))
    assert held.loss(RANDOM.normal(size=(1, N, 1))) == 0.0


def test_a_pattern_is_judged_by_the_rows_that_have_all_of_it():
    present = RANDOM.random((N, 2)) < 0.5
    known = RANDOM.random(N) < 0.8
    patterns = np.array([[False, False], [True, False], [False, True], [True, True]])
    held = jury(Number(), RANDOM.normal(size=N), known, present, patterns)
    found = dict(held.problems(np.zeros((1, 4, N, 1))))
    assert list(found) == [1, 2, 3]
    for position, problem in found.items():
        assert problem.n == (known & (present[:, patterns[position]]).all(axis=1)).sum()


def test_rows_without_weight_do_not_judge():
    weight = WEIGHT * (np.arange(N) % 2)
    values, said = RANDOM.integers(0, 2, N), RANDOM.normal(size=(1, N, 2))
    held = jury(Category(classes=("a", "b")), values, weight=weight)
    other = Jury(held.target, held.prior, held.present, FULL, Labels(values ^ (weight == 0), held.labels.known), weight)
    assert held.loss(said) == other.loss(said)
    nobody = Jury(held.target, held.prior, held.present, FULL, held.labels, np.zeros(N))
    assert nobody.loss(said) == 0.0
