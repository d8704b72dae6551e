"""Ridge, logistic, ordinal and Cox regression against established ones, on the matrix as it is."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.sparse import csr_matrix
from scipy.special import expit
from sklearn.linear_model import LogisticRegression, Ridge
from sksurv.linear_model import CoxPHSurvivalAnalysis

from polymodal.learners._solvers import cox, logistic, ordinal, ridge

RANDOM = np.random.default_rng(0)
WEIGHT = RANDOM.uniform(0.2, 2.0, 50)
LONG, WIDE = RANDOM.normal(size=(50, 8)), RANDOM.normal(size=(50, 120))
FORMS = {"long": LONG, "wide": WIDE, "sparse": csr_matrix(WIDE * (RANDOM.random(WIDE.shape) < 0.2))}


def dense(x):
    return x if isinstance(x, np.ndarray) else x.toarray()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("strength", [0.02, 2.5])
def test_ridge(form, strength):
    x, y = FORMS[form], 1e3 + 5 * LONG[:, 0] + RANDOM.normal(size=50)
    [(coefficients, intercept)] = ridge(x, y, WEIGHT, [strength])
    spread = np.sqrt(np.average((y - np.average(y, weights=WEIGHT)) ** 2, weights=WEIGHT))
    peer = Ridge(alpha=1 / strength).fit(dense(x), y / spread, WEIGHT)
    np.testing.assert_allclose(dense(x) @ coefficients[:, 0] + intercept, peer.predict(dense(x)) * spread, rtol=1e-5)
    assert coefficients.shape == (x.shape[1], 1)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("classes", [2, 3])
def test_logistic(form, classes):
    x, codes = FORMS[form], np.digitize(LONG[:, 0], [-0.5, 0.5][: classes - 1])
    [(coefficients, intercepts)] = logistic(x, codes, WEIGHT, [0.5])
    peer = LogisticRegression(C=0.5, max_iter=10_000, tol=1e-8).fit(dense(x), codes, WEIGHT)
    raw = dense(x) @ coefficients + intercepts
    chances = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    assert raw.shape == (50, classes)
    np.testing.assert_allclose(chances, peer.predict_proba(dense(x)), atol=0.02)  # ours stops a little short


@pytest.mark.parametrize("form", FORMS)
def test_ordinal(form):
    x, codes, strength = FORMS[form], np.digitize(LONG[:, 0] + RANDOM.logistic(size=50) / 4, [-0.5, 0.2, 0.8]), 0.5
    *_, (coefficients, cuts) = ordinal(x, codes, WEIGHT, [0.1, strength])

    def loss(at):
        """Minus the log likelihood as McCullagh writes it, and the penalty."""
        reached = expit((dense(x) @ at[:-3])[:, None] + at[-3:])
        shares = -np.diff(np.concatenate([np.ones((50, 1)), reached, np.zeros((50, 1))], axis=1), axis=1)
        return -(WEIGHT * np.log(shares[np.arange(50), codes])).sum() + (at[:-3] ** 2).sum() / (2 * strength)

    found = np.concatenate([coefficients[:, 0], cuts])
    assert (np.diff(cuts) < 0).all()
    assert np.abs(approx_fprime(found, loss, 1e-7)).max() < 2e-3 * loss(np.append(np.zeros(x.shape[1]), [1, 0, -1]))


def test_ordinal_of_two_levels_is_logistic():
    codes = (LONG[:, 0] + RANDOM.normal(size=50) > 0).astype(int)
    [(coefficients, cuts)] = ordinal(LONG, codes, WEIGHT, [0.5])
    peer = LogisticRegression(C=0.5, max_iter=10_000, tol=1e-10).fit(LONG, codes, WEIGHT)
    np.testing.assert_allclose(coefficients[:, 0], peer.coef_[0], atol=1e-3)
    np.testing.assert_allclose(cuts, peer.intercept_, atol=1e-3)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("strength", [0.1, 1.0])
def test_cox(form, strength):
    x = FORMS[form]
    time, event = RANDOM.exponential(np.exp(-LONG[:, 0])), RANDOM.random(50) < 0.7
    labels = np.stack([time, event], axis=1)
    *_, (coefficients, intercept) = cox(x, labels, np.ones(50), [strength / 10, strength])
    peer = CoxPHSurvivalAnalysis(alpha=1 / strength).fit(
        dense(x), np.array(list(zip(event, time, strict=True)), "?,f8")
    )
    np.testing.assert_allclose(coefficients[:, 0], peer.coef_, atol=2e-3)
    risk = dense(x) @ coefficients[:, 0] + intercept
    assert risk.mean() == pytest.approx(0, abs=1e-9)


def test_cox_with_weights_is_cox_with_repeated_rows():
    time, event = RANDOM.exponential(size=50), RANDOM.random(50) < 0.7
    labels, twice = np.stack([time, event], axis=1), RANDOM.integers(1, 3, 50)
    [(weighed, _)] = cox(LONG, labels, twice.astype(float), [1.0])
    [(repeated, _)] = cox(np.repeat(LONG, twice, axis=0), np.repeat(labels, twice, axis=0), np.ones(twice.sum()), [1.0])
    np.testing.assert_allclose(weighed, repeated, atol=1e-3)


def test_nothing_to_tell_apart_gives_no_slope():
    [(one_class, _)] = logistic(LONG, np.full(50, 3), WEIGHT, [1.0])
    assert one_class.shape == (8, 1)
    [(constant, mean)] = ridge(LONG, np.full(50, 7.0), WEIGHT, [1.0])
    assert mean == pytest.approx(7)
    [(no_event, _)] = cox(LONG, np.stack([np.arange(50.0), np.zeros(50)], axis=1), WEIGHT, [1.0])
    assert not one_class.any()
    assert np.abs(constant).max() < 1e-9
    assert np.abs(no_event).max() < 1e-9


def test_as_many_classes_as_rows_are_no_cause_for_a_warning():
    [(coefficients, _)] = logistic(LONG, np.arange(50), WEIGHT, [1.0])
    assert coefficients.shape == (8, 50)
