"""Nearest class means against cosines written out."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from polymodal.learners.prototypes import Prototypes
from polymodal.schema.target import Category, Multilabel

THREE = Category(classes=("a", "b", "c"))
EVERY = np.ones((1, 3), dtype=bool)


def cosines(x, codes, classes):
    """To the mean of each class, all seen from the middle of the means."""
    means = np.stack([x[codes == c].mean(axis=0) for c in classes])
    return cosine_similarity(x - means.mean(axis=0), means - means.mean(axis=0))


def test_each_modality_adds_its_cosines(make_design, make_task):
    design = make_design(missing=0.0)
    task = make_task(design, THREE)
    [model] = Prototypes.path(design, design.names, task, [4.0])
    expected = 4.0 * sum(cosines(x.astype(float), task.labels.values, range(3)) for x in design.wide.values())
    found = model.answer(design, EVERY)[0]
    shifted = found - expected
    np.testing.assert_allclose(shifted - shifted[:, :1], 0.0, atol=1e-5)  # evidence is up to a constant a row


@pytest.mark.parametrize("sparse", [False, True])
def test_gaps_leave_the_others_alone(sparse, make_design, make_task):
    design = make_design(missing=0.4, sparse=sparse)
    task = make_task(design, THREE)
    [model] = Prototypes.path(design, design.names, task, [4.0])
    here = design.rows("w")
    x = np.asarray(design.wide["w"].todense() if sparse else design.wide["w"], dtype=float)
    found = model.answer(design, np.array([[False, True, False]]))[0][here]
    expected = 4.0 * cosines(x, task.labels.values[here], range(3))
    shifted = found - expected
    np.testing.assert_allclose(shifted - shifted[:, :1], 0.0, atol=1e-5)


def test_labels_are_asked_one_by_one(make_design, make_task):
    design = make_design(missing=0.0)
    task = make_task(design, Multilabel(classes=("p", "q")))
    [model] = Prototypes.path(design, ["v"], task, [2.0])
    known = task.labels.known[:, 1]
    x, codes = design.wide["v"].astype(float), task.labels.values[:, 1]
    means = np.stack([x[known & (codes == c)].mean(axis=0) for c in (0, 1)])
    both = 2.0 * cosine_similarity(x - means.mean(axis=0), means - means.mean(axis=0))
    np.testing.assert_allclose(model.answer(design, EVERY)[0][:, 1], both[:, 1] - both[:, 0], atol=1e-5)


def test_one_example_a_class_is_enough(make_design, make_task):
    design = make_design(missing=0.0)
    task = make_task(design, THREE)
    codes = np.full(60, -1)
    codes[:3] = range(3)
    task = replace(task, labels=replace(task.labels, values=codes, known=codes >= 0))
    [model] = Prototypes.path(design, design.names, task, [8.0])
    assert model.answer(design, EVERY)[0, :3].argmax(axis=1).tolist() == [0, 1, 2]
