"""Which rows are held up as instructive, on answers written by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from polymodal.lattice import Lattice, all_patterns
from polymodal.predictions import Baseline, Predictions
from polymodal.report.targets import View, view_of
from polymodal.schema.target import Category, Labels, Multilabel, Number, Survival, Target


def view(target: Target, values: Any, labels: Labels | None, baselines: dict[str, Baseline] | None = None) -> View:
    """`values [P, N, o]` of one modality: under nothing, under everything."""
    values = np.asarray(values, dtype=np.float64)
    present = np.ones((values.shape[1], 1), dtype=bool)
    known = {} if labels is None else {"y": labels}
    lattice = Lattice(("a",), all_patterns(1), present, values, {"y": slice(None)}, {"y": target}, known)
    rows = np.arange(values.shape[1])
    predictions = Predictions(rows, {"y": values[-1]}, {"y": target}, ("a",), present, baselines=baselines)
    return view_of("y", lattice, predictions)


def notable(one: View) -> dict[str, int]:
    return {each.why: each.row for each in one.notable()}


def test_category() -> None:
    shares = np.array([0.9, 0.95, 0.2, 0.45, 0.51])
    full = np.stack([1 - shares, shares], axis=1)
    labels = Labels(np.array([1, 0, 1, 0, 1]), np.array([True, True, True, True, False]))
    one = view(Category(classes=("no", "yes")), [np.full((5, 2), [0.6, 0.4]), full], labels)
    found = notable(one)
    assert found == {"the surest right answer": 0, "the surest wrong answer": 1, "the least sure answer": 4}
    assert one.answer(1).right is False
    assert one.answer(4).truth is None
    assert one.moved(0) == pytest.approx([0.5, 0.55, 0.0, 0.0, 0.11])
    assert one.words(0, 1) == "no"


def test_multilabel() -> None:
    full = np.array([[0.9, 0.1], [0.9, 0.9], [0.6, 0.4]])
    labels = Labels(np.array([[1.0, 0], [0, 0], [1, 0]]), np.array([[True, True], [True, True], [True, False]]))
    one = view(Multilabel(classes=("fever", "rash")), [np.full((3, 2), 0.4), full], labels)
    assert list(notable(one).values()) == [0, 1, 2]
    assert one.answer(1).sure == "2 of 2 labels wrong"
    assert one.answer(2).truth == "fever"
    assert one.words(0, 0) == "none"


def test_number() -> None:
    full = np.array([[1.0], [8.0], [5.0], [-2.0]])
    labels = Labels(np.array([6.0, 8.5, 5.0, 0.0]), np.array([True, True, True, False]))
    found = notable(view(Number(), [np.full((4, 1), 5.0), full], labels))
    assert found["the largest miss"] == 0
    assert found["the highest answer"] == 1
    assert found["the lowest answer"] == 3


def test_survival() -> None:
    risk = np.log([[4.0], [2.0], [0.5], [0.25]])
    labels = Labels(np.array([[9.0, 0], [3.0, 1], [5.0, 0], [1.0, 1]]), np.ones(4, dtype=bool))
    base = {"y": Baseline(np.array([2.0, 6.0]), np.array([0.2, 0.8]))}
    one = view(Survival("days", "dead"), [np.zeros((4, 1)), risk], labels, base)
    found = notable(one)
    assert found["an early event although the risk looked low"] == 3
    assert found["long without event although the risk looked high"] == 0
    answer = one.answer(1)
    assert (answer.text, answer.sure, answer.truth) == ("hazard ratio 2.00", "median 6 days", "event at 3")
    assert one.answer(3).sure == "median not reached"  # exp(-0.25 * 0.8) is above a half


@pytest.mark.parametrize("target", [Category(classes=("no", "yes")), Multilabel(classes=("a", "b")), Number()])
def test_without_labels_there_are_still_rows_to_show_and_nothing_to_compare(target: Target) -> None:
    width = 1 if target.kind == "number" else 2
    one = view(target, np.full((2, 3, width), 0.5), None)
    assert notable(one)
    assert not list(one.comparisons())
