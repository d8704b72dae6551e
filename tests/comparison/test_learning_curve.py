"""Learning curves: who is shown, what is scored, and what is said of rows that are not there."""

import json

import numpy as np
import pytest

import polymodal as pm
from polymodal.comparison.shots import asked_shots, first_rows, in_turn
from polymodal.errors import DataError, SettingError
from polymodal.schema.target import Category, Labels, Number

RANDOM = np.random.default_rng(0)
CODES = np.arange(120) % 3
HEAD = pm.Model(learners=["gaussian"])


def rows(**more):
    panel = RANDOM.normal(size=(120, 4)) + 3 * np.eye(4)[CODES]
    return pm.Table.read(
        {"v": list(panel), "y": [f"c{code}" for code in CODES], **more}, target="y", types={"v": "vector"}
    )


@pytest.fixture(scope="module")
def sides():
    return rows().split(test=0.5)


def test_each_class_is_shown_as_often_and_draws_are_nested():
    labels = Labels(CODES, np.ones(120, dtype=bool))
    target = Category(classes=("a", "b", "c"))
    order = in_turn(np.ones(120, dtype=bool), None, 0)
    few, many = (first_rows(order, size, target, labels) for size in (2, 7))
    assert np.bincount(CODES[few]).tolist() == [2, 2, 2]
    assert set(few) < set(many)
    assert len(first_rows(order, 0.25, target, labels)) == 30
    assert len(first_rows(order, 50, target, labels)) == 120
    assert first_rows(order, 5, Number(), labels).tolist() == sorted(order[:5])


def test_groups_take_turns():
    groups = np.array([0] * 50 + list(range(1, 6)))
    order = in_turn(np.ones(55, dtype=bool), groups, 0)
    assert sorted(groups[order[:6]].tolist()) == list(range(6))


def test_more_examples_are_better(sides):
    found = pm.learning_curve(*sides, shots=(1, 15), repeats=3)
    assert found.models == ("gaussian", "linear", "prototypes")
    points = {(one.model, one.shots): one for one in found.points}
    for model in found.models:
        assert points[model, 15].n_rows == 45
        assert points[model, 15].mean > max(points[model, 1].mean, 0.9)
        assert points[model, 1].spread > 0
    assert found.prior == pytest.approx(1 / 3, abs=0.02)
    assert len(found.to_pandas()) == 18
    assert "± " in str(found)
    assert "<table>" in found._repr_html_()
    assert json.loads(json.dumps(found.to_dict()))["points"][0]["mean"] == found.points[0].mean
    assert len(found.plot().axes[0].lines) > 3


def test_a_point_is_the_score_of_a_model_fitted_on_those_rows(sides):
    train, test = sides
    found = pm.learning_curve(train, test, shots=4, model=HEAD, repeats=1, seed=3)
    labels = train.labels("y")
    order = in_turn(labels.known_rows, None, 3)
    few = train.take(first_rows(order, 4, train.schema.targets["y"], labels))
    expected = HEAD.fit(few).predict(test).values("y")
    assert found.points[0].mean == pytest.approx((expected == test.frame["y"]).mean())
    assert not found.notes


def test_numbers_go_by_shares_of_the_rows():
    table = pm.Table.read({"x": np.arange(80.0), "z": np.arange(80.0) * 2}, target="z")
    found = pm.learning_curve(*table.split(test=0.5), repeats=1)
    assert found.models == ("linear",)
    assert [(one.shots, one.n_rows) for one in found.points] == [(0.1, 4), (0.25, 10), (0.5, 20), (1.0, 40)]
    assert found.points[-1].mean > 0.9
    assert "25% of rows" in str(found)


def test_a_class_with_too_few_examples_shows_what_it_has(sides):
    train, test = sides
    found = pm.learning_curve(train, test, shots=(2, 25), model=HEAD, repeats=1)
    assert len(found.notes) == 1
    assert found.notes[0].startswith("25 of each class: fewer there are of 'c0' 20, 'c1' 20, 'c2' 20")
    assert found.points[1].n_rows == 60


def test_rows_on_both_sides_are_warned_of(sides):
    train, _ = sides
    with pytest.warns(UserWarning, match="60 rows of train are in test too"):
        pm.learning_curve(train, train, shots=2, model=HEAD, repeats=1)
    tied = rows(ward=[f"w{row % 7}" for row in range(120)])
    schema = tied.schema.model_copy(update={"group": "ward"})
    first, second = (tied.with_schema(schema).take(np.arange(120) % 2 == side) for side in (0, 1))
    with pytest.warns(UserWarning, match=r"7 values of 'ward' \(group\) are in train and test"):
        found = pm.learning_curve(first, second, shots=2, model=HEAD, repeats=1)
    assert "7 values" in found.notes[0]


def test_a_fit_that_fails_is_a_point_without_a_score(sides):
    found = pm.learning_curve(*sides, shots=(1, 10), model={"t": pm.Model(learners=["trees"]), "g": HEAD}, repeats=1)
    first = found.points[0]
    assert (first.mean, first.spread) == (None, None)
    assert "at least 8 are needed" in first.errors[0]
    assert "t failed: " in str(found)
    assert found.points[1].mean is not None


def test_a_modality_that_no_example_has_is_left_out(sides):
    note = ["only one has a note", *[None] * 119]
    table = rows(note=note)
    found = pm.learning_curve(*table.split(test=0.5), shots=2, model=HEAD, repeats=2)
    assert None not in found.points[0].scores


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"shots": [0]}, "whole numbers from 1"),
        ({"shots": [1.5, "many"]}, "1.5, 'many' came"),
        ({"shots": []}, "shots are"),
        ({"repeats": 0}, "whole number from 1"),
        ({"model": "gaussian"}, "a dict of name to pm.Model"),
        ({"target": "yy"}, "Did you mean 'y'"),
        ({"metric": "acuracy"}, "Did you mean"),
    ],
)
def test_bad_settings(sides, asked, says):
    with pytest.raises(SettingError, match=says):
        pm.learning_curve(*sides, **asked)


def test_nothing_to_learn_from(sides):
    train, test = sides
    with pytest.raises(SettingError, match="takes Tables; dict came as train"):
        pm.learning_curve({}, test)
    bare = pm.Table(test.frame.drop(columns="y"), test.schema)
    with pytest.raises(DataError, match="no row of test has a known label of target 'y'"):
        pm.learning_curve(train, bare)
    with pytest.raises(DataError, match="the table has no target"):
        pm.learning_curve(pm.Table.read({"x": [1.0, 2.0]}), test)


def test_shots_are_sorted_and_distinct():
    assert asked_shots([10, 1, 10, 0.5], Number()) == (0.5, 1, 10)
