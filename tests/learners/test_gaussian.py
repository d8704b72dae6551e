"""The Gaussian head against scikit-learn's discriminant analysis, on all columns and on those that are left.

How sure it is was drawn, so it is known: temperatures are held against that.
"""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from polymodal.learners import gaussian
from polymodal.learners._design import Design
from polymodal.learners._evidence import outputs_of
from polymodal.learners._learner import Task
from polymodal.learners.gaussian import Gaussian
from polymodal.schema.target import Category, Labels, Multilabel

THREE = Category(classes=("a", "b", "c"))
ALONE = np.ones((1, 1), dtype=bool)
EVERY = (np.arange(1, 8)[:, None] >> np.arange(3)) & 1 == 1
UNSHRUNK = 1e4  # the power of Ledoit and Wolf's share, which then vanishes


def panel(x: np.ndarray) -> Design:
    """Rows of one modality."""
    return Design({"v": x}, {"v": x}, {"v": ()}, np.ones((len(x), 1), dtype=bool), ("v",))


def plain(model: Gaussian) -> Gaussian:
    """The distributions as they were fitted, as sure as they say."""
    return replace(model, temperatures=np.ones_like(model.temperatures))


def lda(x: np.ndarray, codes: np.ndarray, log_prior: np.ndarray) -> np.ndarray:
    """Probabilities by scikit-learn, whose covariance is over n; ours is over what is free, n less the classes."""
    prior = np.exp(log_prior - np.logaddexp.reduce(log_prior))
    judge = LinearDiscriminantAnalysis(solver="lsqr", priors=prior).fit(x, codes)
    scores = judge.decision_function(x)
    likelihood = np.stack([0 * scores, scores], axis=1) if scores.ndim == 1 else scores
    likelihood = likelihood - np.log(prior)
    logits = likelihood * (1 - len(prior) / len(x)) + np.log(prior)
    return np.asarray(np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)))


@pytest.mark.parametrize("pattern", EVERY.tolist())
def test_what_is_left_is_judged_as_if_it_were_all(pattern, make_design, make_task):
    design = make_design(rows=120, missing=0.0)
    task = make_task(design, THREE)
    [model] = Gaussian.path(design, design.names, task, [UNSHRUNK])
    found = outputs_of(THREE, plain(model).answer(design, np.array([pattern]))[0], task.prior)
    left = np.concatenate([design.wide[n] for n, kept in zip(design.names, pattern, strict=True) if kept], axis=1)
    np.testing.assert_allclose(found, lda(left, task.labels.values, task.prior), atol=2e-4)


@pytest.mark.parametrize("columns", [5, 200, 700])
def test_the_shrinkage_is_ledoit_and_wolfs(columns, make_task, make_design):
    random = np.random.default_rng(0)
    x = random.normal(size=(40, columns)) @ np.diag(np.linspace(0.5, 2, columns))
    codes = np.arange(40) % 3
    task = replace(make_task(make_design(rows=40), THREE), labels=replace(
        make_task(make_design(rows=40), THREE).labels, values=codes))  # fmt: skip
    [model] = Gaussian.path(panel(x), ["v"], task, [1.0])
    means = np.stack([x[codes == c].mean(axis=0) for c in range(3)])
    covariance, _ = ledoit_wolf(x - means[codes], assume_centered=True)
    slopes = np.linalg.solve(covariance * 40 / 37, means.T)
    logits = x @ slopes - (means.T * slopes).sum(axis=0) / 2 + task.prior
    expected = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
    found = outputs_of(THREE, plain(model).answer(panel(x), ALONE)[0], task.prior)
    np.testing.assert_allclose(found, expected, atol=2e-4)


def test_one_example_a_class_is_the_nearest_example(make_task, make_design):
    x = np.random.default_rng(1).normal(size=(30, 8))
    task = make_task(make_design(rows=30), THREE)
    codes = np.full(30, -1)
    codes[:3] = range(3)
    task = replace(task, prior=np.log(np.full(3, 1 / 3)), labels=replace(task.labels, values=codes, known=codes >= 0))
    [model] = Gaussian.path(panel(x), ["v"], task, [1.0])
    found = model.answer(panel(x), ALONE)[0].argmax(axis=1)
    assert found.tolist() == ((x[:, None] - x[:3]) ** 2).sum(axis=2).argmin(axis=1).tolist()


def test_labels_are_judged_one_by_one(make_design, make_task):
    design = make_design(rows=120, missing=0.0)
    task = make_task(design, Multilabel(classes=("p", "q")))
    [model] = Gaussian.path(design, design.names, task, [UNSHRUNK])
    x, known = np.concatenate(list(design.wide.values()), axis=1), task.labels.known[:, 0]
    x, codes = x[known], task.labels.values[known, 0]
    found = outputs_of(task.target, plain(model).answer(design, EVERY[-1:])[0], task.prior)[known, 0]
    np.testing.assert_allclose(found, lda(x, codes, np.array([0.0, task.prior[0]]))[:, 1], atol=2e-4)


def test_gaps_keep_the_covariance_positive(make_design, make_task):
    design = make_design(rows=60, missing=0.6)
    [model] = Gaussian.path(design, design.names, make_task(design, THREE), [UNSHRUNK])
    assert np.linalg.eigvalsh(model.covariances[0]).min() > 0


def test_unit_and_order_of_modalities_change_nothing(make_design, make_task):
    design = make_design(missing=0.0)
    task = make_task(design, THREE)
    turned = Design(dict(design.wide), design.compact, design.categorical, design.present, design.names)
    answers = [Gaussian.path(turned, names, task, [1.0])[0].answer(design, EVERY)
               for names in (design.names, design.names[::-1])]  # fmt: skip
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-9)


def test_many_rows_are_drawn_from_and_answered_in_parts(make_design, make_task, monkeypatch):
    design = make_design(rows=120)
    task = make_task(design, THREE)
    whole = Gaussian.path(design, design.names, task, [1.0])[0].answer(design, EVERY)
    monkeypatch.setattr(gaussian, "_AT_ONCE", 50)
    parts = Gaussian.path(design, design.names, task, [1.0])[0].answer(design, EVERY)
    np.testing.assert_allclose(parts, whole, atol=1e-12)
    monkeypatch.setattr(gaussian, "_MOST_ROWS", 100)
    drawn = Gaussian.path(design, design.names, task, [1.0])[0].answer(design, EVERY)
    assert 0 < np.abs(drawn - whole).max() < 5


def drawn(
    rows: int, columns: int, apart: float = 1.0, people: int = 0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two normal distributions whose means are `apart`; each of several people sees both from a place of their own."""
    random = np.random.default_rng(seed)
    codes, person = np.arange(rows) % 2, np.arange(rows) // 2 % max(people, 1)
    x = random.normal(size=(rows, columns))
    x[:, 0] += apart * codes
    if people:
        x += 2.0 * random.normal(size=(people, 2, columns))[person, codes]
    return x, codes, person


def two(codes: np.ndarray, groups: np.ndarray | None = None) -> Task:
    """Which of two."""
    labels = Labels(codes, np.ones(len(codes), dtype=bool))
    return Task(Category(classes=("a", "b")), labels, np.ones(len(codes)), np.log(np.full(2, 0.5)), groups=groups)


def loss(model: Gaussian, x: np.ndarray, codes: np.ndarray, prior: np.ndarray) -> float:
    """In nats a row."""
    told = model.answer(panel(x), ALONE)[0] + prior
    return float(np.mean(np.logaddexp.reduce(told, axis=1) - told[np.arange(len(codes)), codes]))


def test_true_normal_distributions_are_as_sure_as_they_say():
    x, codes, _ = drawn(rows=4000, columns=4, apart=2.0)
    [model] = Gaussian.path(panel(x), ["v"], two(codes), [1.0])
    assert model.temperatures[0] == pytest.approx(1, abs=0.1)


def test_few_rows_of_many_columns_are_less_sure():
    x, codes, _ = drawn(rows=80, columns=60)
    task = two(codes)
    [model] = Gaussian.path(panel(x), ["v"], task, [UNSHRUNK])
    fresh, answers, _ = drawn(rows=2000, columns=60, seed=1)
    assert model.temperatures[0] > 4
    assert loss(model, fresh, answers, task.prior) < 0.72 < loss(plain(model), fresh, answers, task.prior)


def test_people_not_seen_say_how_sure_it_may_be():
    x, codes, person = drawn(rows=600, columns=5, apart=6.0, people=6)
    by_people, by_rows = two(codes, person), two(codes)
    told, untold = (Gaussian.path(panel(x), ["v"], task, [1.0])[0] for task in (by_people, by_rows))
    assert untold.temperatures[0] < 1.5 < told.temperatures[0]
    fresh, answers, _ = drawn(rows=600, columns=5, apart=6.0, people=100, seed=1)
    assert loss(told, fresh, answers, by_people.prior) < loss(untold, fresh, answers, by_people.prior)


def test_what_was_saved_before_there_were_temperatures_answers_as_it_did(make_design, make_task):
    design = make_design(missing=0.0)
    [model] = Gaussian.path(design, design.names, make_task(design, THREE), [1.0])
    arrays, config = model.export()
    del arrays["temperatures"]
    restored = Gaussian.restore(arrays, config)
    np.testing.assert_array_equal(restored.answer(design, EVERY), plain(model).answer(design, EVERY))


@pytest.mark.parametrize("n_there", [1, 2, 5])
@pytest.mark.parametrize("groups", [None, np.arange(40) // 10])
def test_a_modality_that_some_parts_lack(n_there, groups):
    random, present = np.random.default_rng(0), np.ones((40, 2), dtype=bool)
    present[n_there:, 1] = False
    cells = {"v": random.normal(size=(40, 3)), "w": random.normal(size=(n_there, 2))}
    design = Design(cells, cells, {"v": (), "w": ()}, present, ("v", "w"))
    [model] = Gaussian.path(design, ["v", "w"], two(np.arange(40) % 2, groups), [1.0])
    assert np.isfinite(model.answer(design, np.array([[True, True], [False, True]]))).all()


def test_many_rows_are_drawn_from_for_the_temperature(monkeypatch):
    x, codes, _ = drawn(rows=1000, columns=4, apart=2.0)
    [whole] = Gaussian.path(panel(x), ["v"], two(codes), [1.0])
    monkeypatch.setattr(gaussian, "_MOST_SCORES", 1200)
    [part] = Gaussian.path(panel(x), ["v"], two(codes), [1.0])
    assert 0 < abs(part.temperatures[0] - whole.temperatures[0]) < 0.3
