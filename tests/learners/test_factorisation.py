"""Against scikit-learn where nothing meets, and against what was put in where it does."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression, Ridge

from polymodal.learners._factorisation import factorise, scores


def draw(rows=600, sizes=(8, 5), seed=0):
    random = np.random.default_rng(seed)
    places = np.stack([random.integers(0, size, rows) for size in sizes], axis=1)
    effects = [random.normal(size=size) for size in sizes]
    total = sum(effect[place] for effect, place in zip(effects, places.T, strict=True))
    return random, places, total, np.concatenate([np.eye(s)[p] for s, p in zip(sizes, places.T, strict=True)], axis=1)


@pytest.mark.parametrize("strength", [0.05, 0.5])
def test_effects_alone_are_ridge_regression_on_one_column_a_cell(strength):
    random, places, total, columns = draw()
    values, weight = total + random.normal(size=len(total)), random.uniform(0.5, 2, len(total))
    intercept, tables = factorise(places, (8, 5), values, weight, strength, rank=0, seed=0)
    theirs = Ridge(alpha=1 / strength).fit(columns, values, weight)
    np.testing.assert_allclose(
        intercept + scores(tables, places), theirs.predict(columns), atol=3e-3
    )  # where sweeps end


def test_yes_or_no_is_logistic_regression():
    random, places, total, columns = draw()
    values = (random.random(len(total)) < expit(total)) * 1.0
    intercept, tables = factorise(places, (8, 5), values, np.ones(len(total)), 0.5, rank=0, seed=0, is_yes_or_no=True)
    theirs = LogisticRegression(C=0.5, tol=1e-8, max_iter=1000).fit(columns, values)
    np.testing.assert_allclose(intercept + scores(tables, places), theirs.decision_function(columns), atol=0.02)


def test_meetings_never_seen_are_told_from_those_that_were():
    random = np.random.default_rng(0)
    latent = [random.normal(size=(size, 2)) for size in (30, 20)]
    truth = latent[0] @ latent[1].T
    places = np.stack([one.ravel() for one in np.indices(truth.shape)], axis=1)
    order = random.permutation(len(places))
    seen, unseen = places[order[:450]], places[order[450:]]
    intercept, tables = factorise(seen, truth.shape, truth[tuple(seen.T)], np.ones(450), 10.0, rank=4, seed=0)
    apart = intercept + scores(tables, unseen) - truth[tuple(unseen.T)]
    assert apart.var() < 0.05 * truth.var()


def test_three_meet_two_by_two():
    random, places, _, _ = draw(rows=4, sizes=(3, 3, 3))
    tables = [random.normal(size=(4, 3)) for _ in range(3)]
    effects = sum(table[place, 0] for table, place in zip(tables, places.T, strict=True))
    one, two, three = (table[place, 1:] for table, place in zip(tables, places.T, strict=True))
    expected = effects + (one * two).sum(1) + (one * three).sum(1) + (two * three).sum(1)
    np.testing.assert_allclose(scores(tables, places), expected)


def test_absent_counts_as_the_mean_of_what_is_there():
    _, places, total, _ = draw()
    places[::3, 1] = 5
    _, tables = factorise(places, (8, 5), total, np.ones(len(total)), 0.5, rank=2, seed=0)
    there = places[:, 1] < 5
    np.testing.assert_allclose(tables[1][-1], tables[1][places[there, 1]].mean(axis=0))


def test_no_rows_of_any_known_cell_leave_the_mean():
    values = np.array([1.0, 3.0])
    intercept, tables = factorise(np.full((2, 1), 0), (0,), values, np.ones(2), 1.0, rank=2, seed=0)
    assert intercept == pytest.approx(2.0)
    np.testing.assert_array_equal(tables[0], 0.0)
