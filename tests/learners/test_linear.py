"""The linear learner against scikit-learn on the same columns."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from polymodal.learners._evidence import outputs_of
from polymodal.learners.linear import Linear
from polymodal.schema.target import Category, Number

ALL = np.ones((1, 3), dtype=bool)


def side_by_side(design):
    """Each modality brought to rows of unit length on average."""
    return np.concatenate([b / np.sqrt((b**2).sum(axis=1).mean()) for b in design.wide.values()], axis=1)


def test_complete_rows_are_one_logistic_regression(make_design, make_task):
    design = make_design(missing=0.0)
    task = make_task(design, Category(classes=("a", "b", "c")))
    [model] = Linear.path(design, design.names, task, [2.5])
    x, codes = side_by_side(design), task.labels.values
    expected = LogisticRegression(C=2.5, tol=1e-8, max_iter=5000).fit(x, codes).predict_proba(x)
    found = outputs_of(task.target, model.answer(design, ALL)[0], task.prior)
    np.testing.assert_allclose(found, expected, atol=0.02)  # ours stops a little short of the optimum


def test_complete_rows_are_one_ridge_regression(make_design, make_task):
    design = make_design(missing=0.0)
    task = make_task(design, Number())
    [model] = Linear.path(design, design.names, task, [2.5])
    x, y = side_by_side(design), task.labels.values
    expected = Ridge(alpha=1 / 2.5).fit(x, y / y.std()).predict(x) * y.std()
    np.testing.assert_allclose(model.answer(design, ALL)[0, :, 0] + task.prior, expected, rtol=1e-4)


@pytest.mark.parametrize("missing", [0.0, 0.4])
def test_modalities_add_up(missing, make_design, make_task):
    design = make_design(missing=missing)
    [model] = Linear.path(design, design.names, make_task(design, Number()), [2.5])
    one = np.eye(3, dtype=bool)
    parts = model.answer(design, one)
    base = model.intercepts - model.prior
    total = sum(np.where(design.present[:, [m]], parts[m] - base, 0.0) for m in range(3)) + base
    np.testing.assert_allclose(model.answer(design, ALL)[0], total)


def test_sparse_columns_are_columns(make_design, make_task):
    answers = []
    for sparse in (False, True):
        design = make_design(sparse=sparse)
        for target in (Number(), Category(classes=("a", "b"))):
            [model] = Linear.path(design, design.names, make_task(design, target), [0.5])
            answers.append(model.answer(design, ALL))
    np.testing.assert_allclose(answers[0], answers[2], atol=2e-3)
    np.testing.assert_allclose(answers[1], answers[3], atol=5e-3)


def test_many_rows_get_a_shorter_path():
    assert set(Linear.strengths(20_000)) < set(Linear.strengths(100))
