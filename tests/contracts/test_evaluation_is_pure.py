"""Law 6: evaluation is deterministic; verbosity changes nothing; nothing the caller passed is mutated."""

import copy
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import polymodal as pm
from polymodal.testing import random_table


def same(one: Any, two: Any) -> bool:
    """Deep equality, gaps equal to gaps, types and order of keys included."""
    if type(one) is not type(two):
        return False
    if isinstance(one, pd.DataFrame):
        return list(one) == list(two) and (one.dtypes == two.dtypes).all() and same(dict(one), dict(two))
    if isinstance(one, pd.Series):
        return one.index.equals(two.index) and same(one.tolist(), two.tolist())
    if isinstance(one, np.ndarray):
        return one.dtype == two.dtype and (
            same(one.tolist(), two.tolist()) if one.dtype == object else np.array_equal(one, two, equal_nan=True)
        )
    if isinstance(one, dict):
        return list(one) == list(two) and all(same(one[key], two[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(two) and all(map(same, one, two))
    return one is two or one == two or (one != one and two != two)


def snapshot(one: Any) -> Any:
    """A copy that shares nothing; copying a frame would share the lists and arrays in its cells."""
    if not isinstance(one, pd.DataFrame):
        return copy.deepcopy(one)
    columns = {name: pd.Series(copy.deepcopy(one[name].tolist()), one.index, one[name].dtype) for name in one}
    return pd.DataFrame(columns)


def test_the_comparison_sees_a_change():
    frame = pd.DataFrame({"a": [[1.0], None]})
    changed = snapshot(frame)
    assert same(frame, changed)
    changed.at[0, "a"][0] = 2.0
    assert not same(frame, changed)


def test_twice_the_same(model, table, answers):
    np.testing.assert_array_equal(answers(model, table), answers(model, table))
    np.testing.assert_array_equal(model.lattice(table, samples=8).values, model.lattice(table, samples=8).values)


def test_a_network_left_in_training_mode_answers_as_ever(model, table, answers):
    before = answers(model, table)
    model.networks[0].train()
    np.testing.assert_array_equal(answers(model, table), before)


def test_answering_draws_nothing_from_the_callers_generators(model, table):
    torch.manual_seed(3)
    np.random.seed(3)
    state, legacy = torch.get_rng_state(), np.random.get_state()[1].copy()
    model.predict(table)
    model.lattice(table, samples=8)
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(np.random.get_state()[1], legacy)


def test_rows_asked_are_left_alone(model, table, as_row):
    asked = [as_row(table, row) for row in range(4)]
    asked[2]["series"] = [[0.0, None], [1.0, 2.0]]
    asked[2]["clinic"] = {"age": 70.0, "ward": "A"}
    asked[2]["wide"] = [1.0] * 9 + [None]
    for rows in (asked, asked[2], table.frame, table.frame.to_dict("list"), table):
        kept = snapshot(rows.frame if rows is table else rows)
        model.predict(rows)
        model.lattice(rows, samples=8)
        assert same(rows.frame if rows is table else rows, kept)


def test_explaining_and_evaluating_leave_the_table_alone(several, few):
    """They read the lattice alone, which leaves cells of every kind as they are: the law above."""
    kept = snapshot(few.frame)
    several.evaluate(few, resamples=10)
    several.explain(few)
    assert same(few.frame, kept)


@pytest.fixture(scope="module")
def small():
    return random_table(np.random.default_rng(0), {"v": "vector", "x": "tabular"}, rows=16)


def test_progress_changes_nothing(small, answers, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    shown = pm.Model(folds=2, epochs=2, width=8).fit(small, progress=True)
    assert "fit" in capsys.readouterr().err
    hidden = pm.Model(folds=2, epochs=2, width=8).fit(small, progress=False)
    assert "fit" not in capsys.readouterr().err
    np.testing.assert_array_equal(answers(shown, small), answers(hidden, small))


def test_fit_leaves_all_it_was_given_alone(small):
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(6, 3)

        def forward(self, values):
            return self.layer(values)

    given = Own().train()
    encoders = {"v": given}
    weights, frame = copy.deepcopy(given.state_dict()), snapshot(small.frame)
    settings = vars(pm.Model(encoders=encoders, folds=1, epochs=2, width=8)).copy()
    model = pm.Model(encoders=encoders, folds=1, epochs=2, width=8).fit(small)
    assert same(small.frame, frame)
    assert encoders == {"v": given}
    assert given.training
    assert all(torch.equal(weights[name], value) for name, value in given.state_dict().items())
    asked = [name for name in settings if not name.startswith("_") and name not in ("histories", "limitations")]
    assert all(getattr(model, name) == settings[name] for name in asked)
