"""Rows from easy to hard: which they are, when all are shown, and that it repeats, resumes and obeys weights."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import polymodal as pm
from polymodal.objectives.survival import breslow
from polymodal.training.difficulty import Difficulty, all_shown_from, difficulties, easiest, share_shown
from polymodal.training.fit import _verdict
from polymodal.training.history import History
from polymodal.training.plan import Plan

CPU = torch.device("cpu")


def test_difficulty_is_the_loss_of_the_row(network, rows) -> None:
    found = difficulties(network, rows, CPU)
    with torch.no_grad():
        raw = network.objectives["target"].raw(
            network.fuse(network.encode(rows.batch(np.arange(len(rows)))), len(rows))
        )
    each = F.cross_entropy(raw, torch.from_numpy(rows.labels["target"].values), reduction="none")
    np.testing.assert_allclose(found, each - each.mean(), atol=1e-5)


def test_of_survival_it_is_minus_the_log_likelihood_under_the_baseline() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=40)
    frame = {"x": x, "t": random.exponential(np.exp(-x)), "e": random.integers(0, 2, 40)}
    table = pm.Table.read(frame, target=pm.Survival("t", "e"))
    model = pm.Model(learners=["network"], folds=1, epochs=2, width=8).fit(table)
    memory = model.preprocessor.prepare(table)
    found = difficulties(model.networks[0], memory, CPU)
    risk = model.portfolio.answer(memory, np.ones((1, 1), dtype=bool))[0, :, 0]
    times, hazard = breslow(risk, frame["t"], frame["e"])
    steps = np.concatenate([[0.0], hazard])[np.searchsorted(times, frame["t"], side="right")]
    at_risk = np.array([np.exp(risk[frame["t"] >= one]).sum() for one in frame["t"]])
    each = steps * np.exp(risk) - frame["e"] * (risk - np.log(at_risk))
    loss = (frame["e"] * (np.log(at_risk) - risk)).sum() / frame["e"].sum()
    expected = (each - frame["e"] * loss) / frame["e"].sum() * 40
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_easy_rows_of_every_stratum() -> None:
    difficulty = np.array([5.0, 1.0, 3.0, 9.0, 8.0, 7.0])
    strata = np.array([0, 0, 0, 1, 1, 2])
    assert easiest(difficulty, strata, None, 0.5).tolist() == [1, 2, 4, 5]
    assert easiest(difficulty, strata, None, 1.0).tolist() == [0, 1, 2, 3, 4, 5]
    assert easiest(difficulty, strata, None, 1 / 3).tolist() == [1, 4, 5]


def test_weight_two_is_the_row_twice() -> None:
    difficulty, weight = np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 1.0, 1.0, 0.0])
    assert easiest(difficulty, np.zeros(4, dtype=int), weight, 0.5).tolist() == [0]
    assert easiest(difficulty, np.zeros(4, dtype=int), weight, 0.75).tolist() == [0, 1]


def test_classes_and_patterns_are_all_there(network, rows) -> None:
    one = Difficulty(rows, {"target": pm.Category(classes=tuple("abc"[: int(rows.labels["target"].values.max()) + 1]))})
    shown = one.rows(network, 0.1, CPU)
    assert set(one.strata[shown]) == set(one.strata)
    assert len(shown) < len(rows)
    keys = np.column_stack([rows.present, rows.labels["target"].values])
    assert len(np.unique(keys, axis=0)) == len(np.unique(one.strata))
    for done in (0.0, 0.5, 0.9):
        assert one.rows(network, done, CPU).tolist() == list(range(len(rows)))


def test_more_and_more_then_all() -> None:
    shares = [share_shown(done) for done in np.linspace(0.1, 1.0, 50)]
    assert shares == sorted(shares)
    assert shares[0] == 0.5
    assert shares[-1] == 1.0


def test_it_does_not_stop_before_all_were_shown() -> None:
    plan = Plan.for_rows(30, epochs=20, patience=3, pretrain=4, curriculum="difficulty")
    assert all_shown_from(plan) == 12
    assert not _verdict(History([1.0] * 13, [0.1] * 13, best_epoch=0, pretrained=4), plan, 0.0, None)
    assert _verdict(History([1.0] * 15, [0.1] * 15, best_epoch=0, pretrained=4), plan, 0.0, None)


@pytest.mark.parametrize("settings", [{}, {"pretrain": 2, "segments": 0.5}])
def test_trains_repeats_and_resumes(settings, broken_off, tmp_path: Path) -> None:
    broken_off({"curriculum": "difficulty", **settings}, tmp_path / "run")


def test_rows_of_weight_zero_teach_nothing() -> None:
    x = np.random.default_rng(1).normal(size=80)
    truth = np.where(x > 0, "up", "down")
    poisoned = np.arange(80) % 2 == 1
    wrong = np.where(truth == "up", "down", "up")
    frame = {"x": x, "y": np.where(poisoned, wrong, truth), "w": 1.0 * ~poisoned}
    table = pm.Table.read(frame, target="y", weight="w")
    model = pm.Model(learners=["network"], folds=1, epochs=20, width=16, curriculum="difficulty").fit(table)
    assert (model.predict([{"x": value} for value in x]).values() == truth).mean() > 0.9
