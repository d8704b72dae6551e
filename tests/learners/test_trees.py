"""The boosted trees: rounds, gaps, damaged files."""

import numpy as np
import pytest

from polymodal.errors import ArtifactError
from polymodal.learners._learner import usable
from polymodal.learners.trees import Trees, _some_of
from polymodal.schema.target import Category, Number

ALL = np.ones((1, 3), dtype=bool)


def test_fewer_rounds_are_the_start_of_more(make_design, make_task):
    design = make_design()
    task = make_task(design, Number())
    few, many = Trees.path(design, design.names, task, [20.0, 40.0])
    [alone] = Trees.path(design, design.names, task, [20.0])
    np.testing.assert_allclose(few.answer(design, ALL), alone.answer(design, ALL), atol=1e-9)
    assert not np.allclose(few.answer(design, ALL), many.answer(design, ALL))


def test_a_category_tells_what_no_threshold_on_its_codes_can(make_design, make_task):
    design = make_design(rows=300, missing=0.0)
    task = make_task(design, Category(classes=("a", "b")))
    odd = (design.compact["c"][:, 0] == 1).astype(np.int64)
    task.labels.values[:] = odd
    [model] = Trees.path(design, ("c",), task, [40.0])
    assert ((model.answer(design, ALL)[0].argmax(axis=1)) == odd).mean() > 0.99


def test_few_rows_get_fewer_rounds():
    assert max(Trees.strengths(100)) < max(Trees.strengths(300))


def test_further_rounds_end_with_the_work_they_take(make_design, make_task):
    design = make_design(rows=1_000)
    task = make_task(design, Number())
    assert list(Trees.further(320.0, design, design.names, task)) == [640.0, 1280.0]
    assert list(Trees.further(2560.0, design, design.names, task)) == [5120.0]
    assert not Trees.further(5120.0, design, design.names, task)
    few = make_design(rows=999)
    assert not Trees.further(320.0, few, few.names, make_task(few, Number()))


@pytest.mark.parametrize("spoil", [lambda one: one[:40], lambda one: np.full(9, 255, dtype=np.uint8)])
def test_a_damaged_file_is_refused(spoil, make_design, make_task):
    design = make_design()
    [model] = Trees.path(design, design.names, make_task(design, Number()), [20.0])
    arrays, config = model.export()
    arrays["model/0"] = spoil(arrays["model/0"])
    with pytest.raises(ArtifactError, match="damaged"):
        Trees.restore(arrays, config).answer(design, ALL)


def test_some_of_what_a_row_has_is_never_nothing():
    present = np.random.default_rng(0).random((500, 4)) < 0.4
    present[~present.any(axis=1), 2] = True
    kept = _some_of(present, np.random.default_rng(1))
    assert kept.any(axis=1).all()
    assert not (kept & ~present).any()
    assert (kept.sum(axis=1) < present.sum(axis=1)).any()


def test_rows_to_learn_from(make_design, make_task):
    design = make_design()
    weight = np.ones(60)
    weight[3] = 0.0
    task = make_task(design, Number(), weight=weight)
    task.labels.known[5] = False
    expected = [row for row in np.flatnonzero(design.present[:, 1]) if row not in (3, 5)]
    assert usable(design, ["w"], task).tolist() == expected
