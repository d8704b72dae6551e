"""First each modality by itself, then all together: what learns when, what is kept, and how it goes on."""

import math

import numpy as np
import pytest
import torch

import polymodal as pm
from polymodal.testing import random_table
from polymodal.training.fit import _verdict
from polymodal.training.history import History
from polymodal.training.plan import Plan
from polymodal.training.validation import validate

SETTINGS = {"learners": ["network"], "folds": 1, "width": 8, "batch_size": 8}


@pytest.fixture(scope="module")
def table() -> pm.Table:
    return random_table(np.random.default_rng(0), {"x": "tabular", "v": "vector"}, rows=30)


@pytest.mark.parametrize("settings", [{"pretrain": 2}, {"pretrain": 4, "balance": "blend", "patterns": "curriculum"}])
def test_trains_repeats_and_resumes(settings, broken_off, tmp_path) -> None:
    [history] = broken_off(settings, tmp_path / "run").histories
    assert history.pretrained == settings["pretrain"]
    assert len(history.losses) == 6
    assert history.best_epoch >= history.pretrained
    assert len(history.balance) == (2 if "balance" in settings else 0)


def test_only_encoders_and_their_own_heads_learn(table, monkeypatch) -> None:
    seen, real = [], validate

    def look(network, *rest):
        seen.append({name: value.clone() for name, value in network.named_parameters()})
        return real(network, *rest)

    monkeypatch.setattr("polymodal.training.fit.validate", look)
    pm.Model(pretrain=2, epochs=4, **SETTINGS).fit(table)
    before, after, joint = seen[0], seen[1], seen[2]
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert {name.split(".")[0] for name in moved} == {"encoders", "alone"}
    later = {name for name in before if not torch.equal(after[name], joint[name])}
    assert {name.split(".")[0] for name in later} == {"encoders", "alone", "fusion", "objectives"}


def test_the_epoch_kept_is_a_joint_one_even_if_an_earlier_looked_better() -> None:
    plan = Plan.for_rows(30, epochs=20, patience=3, pretrain=5)
    assert not _verdict(History([1.0] * 5, [0.1] * 5, [], best_epoch=0, pretrained=5), plan, 0.0, None)
    assert not _verdict(History([1.0] * 7, [0.1] * 7, [], best_epoch=4, pretrained=5), plan, 0.0, None)
    assert _verdict(History([1.0] * 9, [0.1] * 9, [], best_epoch=5, pretrained=5), plan, 0.0, None)


def test_it_takes_its_share_of_a_budget_and_no_more(table) -> None:
    [history] = pm.Model(pretrain=5_000, epochs=10_000, patience=10_000, **SETTINGS).fit(table, budget=1.0).histories
    assert 0 < history.pretrained < len(history.losses)
    [short] = pm.Model(pretrain=9, epochs=10, **SETTINGS).fit(table, budget=1e-9).histories
    assert (short.pretrained, len(short.losses)) == (0, 1)
    assert math.isfinite(short.losses[0])
