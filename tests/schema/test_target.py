import numpy as np
import pandas as pd
import pytest
from sklearn.utils.class_weight import compute_class_weight

import polymodal as pm
from polymodal.errors import SchemaError, SettingError
from polymodal.schema.target import TARGETS, Labels

GRADES = ["mild", "severe", "moderate", "mild", None]
ORDER = ("mild", "moderate", "severe")


def resolved(target, values):
    return target.resolve("y", pd.DataFrame({"y": values}))


def kept(target):
    """The target after a way through JSON, as in a model file."""
    schema = pm.Schema(modalities={"note": pm.Text()}, targets={"y": target})
    return pm.Schema.model_validate_json(schema.model_dump_json()).targets["y"]


def test_levels_keep_their_order():
    target = resolved(pm.Ordinal(levels=ORDER), GRADES)
    labels = target.read("y", pd.DataFrame({"y": GRADES}))
    assert labels.values[labels.known].tolist() == [0, 2, 1, 0]
    assert labels.known.tolist() == [True] * 4 + [False]


@pytest.mark.parametrize("ratings", [[5, 1, 3, 3, None], pd.array([5, 1, 3, 3, None], dtype="Int64")])
def test_numbers_are_levels_in_their_own_order(ratings):
    assert resolved(pm.Ordinal(), ratings).levels == (1, 3, 5)


def test_an_ordered_categorical_tells_its_levels():
    values = pd.Series(pd.Categorical(GRADES, categories=[*ORDER, "fatal"], ordered=True))
    assert resolved(pm.Ordinal(), values).levels == (*ORDER, "fatal")


@pytest.mark.parametrize(
    ("target", "values", "message"),
    [
        (pm.Ordinal(), GRADES, "text, which has no order of its own"),
        (pm.Ordinal(), list(range(60)), "60 different values; up to 50"),
        (pm.Ordinal(), [1, 1, None], "one class only, 1; an ordinal needs at least two"),
        (pm.Ordinal(), pd.cut([1.0, 2.0, 3.0], 2), "categories of Interval values; levels are text or numbers"),
        (pm.Category(decide="f1"), ["a", "b", "c"], "chooses between two classes, and there are 3"),
        (pm.Category(class_weight={"colour": 2}), ["color", "b"], "names 'colour', which is no class of it. Did you"),
        (pm.Category(thresholds=(0.1, 0.2)), ["a", "b"], "two classes have one threshold"),
        (pm.Multilabel(thresholds=(0.1,)), [["a"], ["b"]], "2 labels have as many thresholds"),
        (pm.Multilabel(decide="f1_macro"), [["a"], ["b"]], "decide='f1' is the F1 of each label"),
    ],
)
def test_what_the_column_cannot_hold(target, values, message):
    with pytest.raises(SchemaError, match=message):
        resolved(target, values)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"class_weight": "equal"}, "class_weight is 'balanced' or a dict of class to weight; 'equal' came"),
        ({"class_weight": {"a": 0, "b": -1, "c": 2}}, "a class weight is a number above 0; 'a': 0, 'b': -1 came"),
        ({"decide": "f2"}, "decide is a probability from 0 to 1, one of accuracy"),
        ({"decide": "recall>=2"}, "or a limit such as 'recall>=0.9'"),
        ({"decide": 1.5}, "decide is a probability from 0 to 1"),
        ({"thresholds": (2.0,)}, "thresholds are probabilities"),
    ],
)
def test_settings_that_mean_nothing(settings, message):
    with pytest.raises(SettingError, match=message):
        pm.Category(**settings)


@pytest.mark.parametrize(("levels", "message"), [(("a",), "at least two"), (("a", "b", "a"), "a came more often")])
def test_levels_that_are_none(levels, message):
    with pytest.raises(SettingError, match=message):
        pm.Ordinal(levels=levels)


@pytest.mark.parametrize(
    "target",
    [
        pm.Ordinal(levels=ORDER, class_weight={"mild": 2}),
        pm.Category(classes=(0, 1), class_weight={1: 5.0}, decide="recall>=0.9", thresholds=(0.2,)),
        pm.Category(classes=("a", "b"), class_weight="balanced", decide=0.25),
        pm.Multilabel(classes=("a", "b"), class_weight={"a": 5.0}, thresholds=(0.5, 0.1)),
    ],
)
def test_json_keeps_every_setting(target):
    assert kept(target) == target


@pytest.mark.parametrize("weight", [None, np.array([1.0, 3.0, 0.5, 1.0, 2.0, 7.0])])
def test_balanced_is_that_of_sklearn(weight):
    values = ["a", "b", "b", "c", "b", None]
    frame = pd.DataFrame({"y": values})
    target = resolved(pm.Category(class_weight="balanced"), values)
    settled = target.settle(target.read("y", frame), weight)
    y, share = np.array(values[:5]), None if weight is None else weight[:5]
    expected = compute_class_weight("balanced", classes=np.array(["a", "b", "c"]), y=y, sample_weight=share)
    np.testing.assert_allclose(settled.class_weights, expected)


def test_balanced_labels_count_as_much_there_as_not():
    labels = Labels(np.array([[1, 0], [0, 0], [0, 1], [0, 0.0]]), np.array([[1, 1], [1, 1], [1, 1], [1, 0]], bool))
    target = pm.Multilabel(classes=("p", "q"), class_weight="balanced").settle(labels, None)
    weights = target.loss_weight(labels, np.ones(4)) * labels.known
    there = labels.values > 0.5
    np.testing.assert_allclose((weights * there).sum(axis=0), (weights * ~there).sum(axis=0))


def test_a_class_is_known_by_its_text():
    assert resolved(pm.Category(class_weight={"1": 4}), [0, 1]).class_weights.tolist() == [1.0, 4.0]


def test_the_answer_of_levels_is_the_median():
    shares = np.array([[0.4, 0.3, 0.3], [0.5, 0.2, 0.3], [0.1, 0.3, 0.6]])
    assert pm.Ordinal(levels=ORDER).answered(shares).tolist() == [1, 0, 2]


LABELS = {  # values, which are known, why nothing is told apart, by what they are ordered
    "classes": (pm.Category(), [0, 1, 1], [True, True, False], "", [0, 1, np.nan]),
    "one class": (pm.Category(), [1, 0, 1], [True, False, True], "the same label everywhere", [1, np.nan, 1]),
    "no label": (pm.Number(), [0.0, 0.0], [False, False], "no known label", [np.nan, np.nan]),
    "labels": (pm.Multilabel(), [[1.0, 0.0], [1.0, 1.0]], [[True, True], [True, True]], "", [1, 2]),
    "times": (pm.Survival("t", "e"), [[9.0, 1.0], [5.0, 0.0]], [True, True], "", [9, 5]),
    "no event": (pm.Survival("t", "e"), [[9.0, 0.0], [5.0, 0.0]], [True, True], "no event", [9, 5]),
    "no time": (pm.Survival("t", "e"), [[0.0, 0.0]], [False], "no known label", [np.nan]),
}


@pytest.mark.parametrize("case", LABELS)
def test_what_is_the_same_and_what_is_more(case):
    target, values, known, same, amounts = LABELS[case]
    labels = Labels(np.array(values), np.array(known))
    assert target.sameness(labels) == same
    np.testing.assert_array_equal(target.amounts(labels), amounts)


def test_only_survival_is_judged_beside_others():
    assert [name for name, kind in TARGETS.items() if kind.is_relative] == ["survival"]
