"""How much is trained, and what is said to settings that name nothing."""

import re

import numpy as np
import pytest

import polymodal as pm
from polymodal.errors import SettingError
from polymodal.portfolio.preset import PRESETS, judging_patterns
from polymodal.registry import FUSIONS, LEARNERS


def table(rows, groups=None):
    columns = {"x": np.arange(rows), "y": ["a", "b"] * (rows // 2)}
    if groups:
        columns["g"] = np.arange(rows) % groups
    return pm.Table.read(columns, target="y", group="g" if groups else None)


@pytest.mark.parametrize(
    ("preset", "rows", "groups", "folds"),
    [
        ("good", 100, None, 5),
        ("good", 600, None, 1),
        ("best", 600, None, 5),
        ("good", 600, 20, 5),
        ("good", 100, 3, 3),
        ("good", 600, 300, 1),
    ],
)
def test_folds(preset, rows, groups, folds):
    assert PRESETS[preset].n_folds(table(rows, groups)) == folds


@pytest.mark.parametrize("preset", ["best", "fast", "good"])
@pytest.mark.parametrize(("groups", "more"), [(None, ()), (20, ("gaussian",)), (50, ())])
def test_few_groups_ask_for_what_rests_on_every_row(preset, groups, more):
    chosen = PRESETS[preset]
    assert chosen.learners_for(table(100, groups)) == (*chosen.learners, *more)


def test_learners_of_presets_are_there():
    assert {one for preset in PRESETS.values() for one in preset.learners} <= {
        "network",
        *FUSIONS.names(),
        *LEARNERS.names(),
    }


@pytest.mark.parametrize("n_modalities", [1, 2, 5])
def test_few_modalities_are_judged_under_every_pattern(n_modalities):
    patterns = judging_patterns(np.ones((4, n_modalities), dtype=bool))
    assert len(np.unique(patterns, axis=0)) == len(patterns) == 2**n_modalities - 1
    assert patterns[-1].all()
    assert patterns.any(axis=1).all()


@pytest.mark.parametrize("n_modalities", [6, 80])
def test_many_modalities_are_judged_under_those_that_occur(n_modalities):
    present = np.random.default_rng(0).random((200, n_modalities)) < 0.5
    present[:90] = np.arange(n_modalities) < 3
    patterns = judging_patterns(present)
    asked = set(map(bytes, patterns))
    assert len(asked) == len(patterns) <= 2 * n_modalities + 33
    one = np.eye(n_modalities, dtype=bool)
    assert {*map(bytes, one), *map(bytes, ~one), bytes(present[0])} <= asked
    assert patterns[-1].all()
    assert patterns.any(axis=1).all()


@pytest.mark.parametrize(
    ("preset", "learners", "says"),
    [
        ("fsat", None, "unknown preset 'fsat'. Did you mean 'fast'?"),
        (["fast"], None, "unknown preset ['fast']"),
        (3, None, "unknown preset 3"),
        ("fast", [], "learners names none; any of network, factored_trees, factors, gaussian, linear"),
        ("fast", ["tree"], "unknown learner 'tree'. Did you mean 'trees'?"),
        ("fast", [None], "unknown learner None"),
    ],
)
def test_faults(preset, learners, says):
    with pytest.raises(SettingError, match=re.escape(says)):
        pm.Model(preset=preset, learners=learners).fit(table(20))


def test_every_fault_is_told_at_once():
    model = pm.Model(preset="quick", learners=["forest", "trees", "net"], width=5)
    with pytest.raises(SettingError) as raised:
        model.fit(table(20))
    for part in ("preset 'quick'", "learner 'forest'", "learner 'net'", "width is a multiple of 4"):
        assert part in str(raised.value)
