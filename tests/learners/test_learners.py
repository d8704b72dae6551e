"""What every registered learner keeps: absent is hidden, nothing says nothing, no weight is no row, saved is same."""

from dataclasses import replace

import numpy as np
import pytest

from polymodal.learners._design import Design
from polymodal.registry import LEARNERS
from polymodal.schema.target import Category, Multilabel, Number, Ordinal, Survival

ALL = np.ones((1, 3), dtype=bool)
EVERY = (np.arange(8)[:, None] >> np.arange(3)) & 1 == 1


@pytest.fixture(params=LEARNERS.names())
def learner(request):
    """Each learner; not with a kind of target that it does not learn."""
    found = LEARNERS.get(request.param)
    asked = request.node.callspec.params.get("target", "three")
    if found.kinds and {"two": "category", "three": "category"}.get(asked, asked) not in found.kinds:
        pytest.skip(f"{request.param} learns {' and '.join(found.kinds)}")
    return found


@pytest.fixture
def regressor(learner):
    """Each learner of numbers."""
    if not learner.learns(Number()):
        pytest.skip("learns no numbers")
    return learner


def fitted(learner, design, task, strength=None):
    return learner.path(design, design.names, task, [strength or learner.strengths(len(design))[2]])[0]


def without(design: Design, gone: int) -> Design:
    """The same rows, none of which has one of the modalities."""
    present = design.present.copy()
    present[:, gone] = False
    views = (design.wide, design.compact, design.identity, design.counts)
    wide, compact, identity, counts = ({n: v for n, v in view.items() if n != design.names[gone]} for view in views)
    return Design(wide, compact, design.categorical, present, design.names, identity, counts)


def test_hidden_is_absent(learner, target, make_design, make_task):
    design = make_design()
    model = fitted(learner, design, make_task(design, target))
    for gone in range(3):
        hidden = np.arange(3) != gone
        np.testing.assert_allclose(
            model.answer(design, hidden[None]), model.answer(without(design, gone), ALL), atol=1e-12
        )


def test_nothing_says_nothing(learner, target, make_design, make_task):
    design = make_design()
    answers = fitted(learner, design, make_task(design, target)).answer(design, EVERY)
    assert answers.shape == (8, 60, len(make_task(design, target).prior))
    assert np.isfinite(answers).all()
    assert not answers[~(EVERY[:, None] & design.present).any(axis=2)].any()
    assert answers[-1].any()


def test_no_rows_are_answered(learner, target, make_design, make_task):
    design = make_design()
    nobody = Design({}, {}, design.categorical, np.zeros((0, 3), dtype=bool), design.names)
    task = make_task(design, target)
    assert fitted(learner, design, task).answer(nobody, EVERY).shape == (8, 0, len(task.prior))


def test_rows_without_weight_or_label_change_nothing(learner, target, make_design, make_task):
    design = make_design()
    weight = np.ones(60)
    weight[::5] = 0.0
    task = make_task(design, target, weight=weight)
    spoilt = task.labels.values.copy()
    spoilt[::5] = spoilt[::-5][:12] + 1.0 if task.target.kind == "number" else spoilt[::-5][:12]
    other = replace(task, labels=replace(task.labels, values=spoilt))
    unlabelled = replace(task, labels=replace(task.labels, known=(task.labels.known.T & (weight > 0)).T))
    expected = fitted(learner, design, task).answer(design, EVERY)
    for same in (other, unlabelled):
        np.testing.assert_array_equal(fitted(learner, design, same).answer(design, EVERY), expected)


@pytest.mark.parametrize(
    ("plain", "weighed"),
    [
        (Category(classes=("a", "b", "c")), Category(classes=("a", "b", "c"), class_weight={"b": 2.0})),
        (Ordinal(levels=("a", "b", "c")), Ordinal(levels=("a", "b", "c"), class_weight={"b": 2.0})),
    ],
)
@pytest.mark.parametrize("name", ["linear", "trees"])
def test_a_class_that_counts_twice_is_as_if_its_rows_did(name, plain, weighed, make_design, make_task):
    learner, design = LEARNERS.get(name), make_design()
    task = make_task(design, plain)
    by_rows = make_task(design, plain, weight=np.where(task.labels.values == 1, 2.0, 1.0))
    by_class = make_task(design, weighed)
    np.testing.assert_allclose(by_class.prior, by_rows.prior)
    one, other = (fitted(learner, design, each).answer(design, EVERY) for each in (by_class, by_rows))
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_stronger_fits_the_rows_better(regressor, make_design, make_task):
    design = make_design(rows=200, missing=0.0)
    task = make_task(design, Number())
    path = regressor.path(design, design.names, task, regressor.strengths(200))
    errors = [np.abs(task.labels.values - 10 - one.answer(design, ALL)[0, :, 0]).mean() for one in path]
    assert errors[-1] < errors[0]
    assert errors[-1] < 0.5 * task.labels.values.std()


@pytest.mark.parametrize("unit", [1e-30, 1e130])
def test_a_number_may_be_in_any_unit(regressor, unit, make_design, make_task):
    design = make_design()
    task = make_task(design, Number())
    large = replace(task, labels=replace(task.labels, values=task.labels.values * unit), prior=task.prior * unit)
    answers = [fitted(regressor, design, one).answer(design, EVERY) for one in (task, large)]
    np.testing.assert_allclose(answers[1] / unit, answers[0], rtol=1e-3, atol=1e-3)


def test_a_number_far_from_zero_is_told_as_finely(regressor, make_design, make_task):
    design = make_design()
    task = make_task(design, Number())
    far = replace(task, labels=replace(task.labels, values=task.labels.values + 1e9), prior=task.prior + 1e9)
    answers = [fitted(regressor, design, one).answer(design, EVERY) for one in (task, far)]
    np.testing.assert_allclose(answers[1], answers[0], atol=1e-2)


@pytest.mark.parametrize(
    ("two", "three"),
    [
        (Category(classes=("a", "b")), Category(classes=("a", "b", "c"))),
        (Ordinal(levels=("a", "b")), Ordinal(levels=("a", "b", "c"))),
    ],
)
def test_a_class_without_rows_keeps_its_prior(learner, two, three, make_design, make_task):
    if not learner.learns(two):
        pytest.skip(f"learns no {two.kind}")
    design = make_design()
    task = make_task(design, two)
    task = replace(task, target=three, prior=np.log([0.45, 0.45, 0.1]))
    answers = fitted(learner, design, task).answer(design, ALL)[0]
    chances = np.exp(answers + task.prior)
    np.testing.assert_allclose(chances.sum(axis=1), 1.0)
    np.testing.assert_allclose(chances[:, 2], 0.1)


@pytest.mark.parametrize("kept", [0, 1])
@pytest.mark.parametrize("two", [Category(classes=("a", "b")), Ordinal(levels=("a", "b"))])
def test_one_class_only_says_nothing(learner, two, kept, make_design, make_task):
    if not learner.learns(two):
        pytest.skip(f"learns no {two.kind}")
    design = make_design()
    task = make_task(design, two)
    one = replace(task, labels=replace(task.labels, known=task.labels.values == kept))
    assert np.abs(fitted(learner, design, one).answer(design, ALL)).max() < 1e-9


def test_no_event_and_one_value_say_next_to_nothing(learner, make_design, make_task):
    design = make_design()
    for kind, column in ((Survival("t", "e"), 1), (Multilabel(classes=("p", "q")), 0), (Number(), slice(None))):
        if not learner.learns(kind):
            continue
        task = make_task(design, kind)
        values = task.labels.values.copy()
        values[..., column] = 0.0
        task = replace(task, labels=replace(task.labels, values=values), prior=np.zeros_like(task.prior))
        assert np.abs(fitted(learner, design, task).answer(design, ALL)[0, :, 0]).max() < 1e-9


def test_the_same_seed_gives_the_same_answers(learner, target, make_design, make_task):
    design = make_design()
    first, again = (fitted(learner, design, make_task(design, target)).answer(design, EVERY) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_exported_and_restored_is_the_same(learner, target, make_design, make_task):
    design = make_design()
    model = fitted(learner, design, make_task(design, target))
    again = learner.restore(*model.export())
    np.testing.assert_array_equal(again.answer(design, EVERY), model.answer(design, EVERY))
