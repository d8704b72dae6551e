"""Who judges a network: rows that had no say in which of its epochs was kept."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import polymodal as pm
from polymodal.training import ensemble
from polymodal.training.fit import fit
from polymodal.training.patterns import validation_patterns
from polymodal.training.plan import Plan
from polymodal.training.validation import validate

EVEN, ODD = np.arange(0, 10, 2), np.arange(1, 10, 2)


@pytest.fixture
def held_out(rows):
    return rows.take(np.arange(10))


@pytest.fixture
def fitted(network, rows, held_out, tmp_path):
    classes = tuple("abc"[: int(rows.labels["target"].values.max()) + 1])
    targets = {"target": pm.Category(classes=classes)}
    plan = Plan.for_rows(20, epochs=8, patience=8, batch_size=8, learning_rate=0.05, accelerator="cpu")

    def run():
        copied = copy.deepcopy(network)
        found = fit(copied, rows.take(np.arange(10, len(rows))), held_out, targets, plan, parts=[EVEN, ODD])
        return copied, *found

    return SimpleNamespace(run=run, targets=targets)


def test_each_half_keeps_the_epoch_that_did_best_on_it(fitted, held_out):
    network, history, by_half = fitted.run()
    patterns = validation_patterns(2)
    for rows, shortfalls, weights in zip([EVEN, ODD], history.by_part, by_half, strict=True):
        network.load_state_dict(weights)
        again = validate(network, held_out.take(rows), patterns, fitted.targets, torch.device("cpu"))
        assert again.shortfall == pytest.approx(min(shortfalls))
        assert len(shortfalls) == len(history.validation)


def test_asking_for_halves_changes_nothing_else(fitted, rows, held_out, network):
    with_halves, history, _ = fitted.run()
    targets = fitted.targets
    plan = Plan.for_rows(20, epochs=8, patience=8, batch_size=8, learning_rate=0.05, accelerator="cpu")
    plain, none = fit(network, rows.take(np.arange(10, len(rows))), held_out, targets, plan)
    assert none == []
    assert plain.validation == history.validation
    one, other = with_halves.state_dict(), network.state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_half_is_answered_by_what_the_other_half_chose(network, held_out):
    other = copy.deepcopy(network)
    with torch.no_grad():
        for weight in other.parameters():
            weight.mul_(0.5)
    by_half = [network.state_dict(), other.state_dict()]
    [first, second] = ensemble._witnesses(network, held_out, [EVEN, ODD], by_half)
    for (witness, judged), (chose, weights, rows) in zip(
        [first, second], [(EVEN, by_half[0], ODD), (ODD, by_half[1], EVEN)], strict=True
    ):
        expected = copy.deepcopy(network)
        expected.load_state_dict(weights)
        ensemble._settle(expected, held_out.take(chose))  # nor has what is judged had a say in the temperature
        assert judged.tolist() == rows.tolist()
        assert all(torch.equal(a, b) for a, b in zip(expected.parameters(), witness.parameters(), strict=True))


def test_halves_keep_entities_whole_and_cover_every_row():
    frame = {"x": np.arange(24.0), "y": ["a", "b"] * 12, "who": list("ppqqrrss") * 3}
    grouped = pm.Table.read(frame, target="y", group="who")
    one, two = ensemble._halves(grouped, 0)
    who = np.array(frame["who"])
    assert not set(who[one]) & set(who[two])
    assert sorted([*one, *two]) == list(range(24))
    alone = grouped.take(who == "p")
    assert [part.tolist() for part in ensemble._halves(alone, 0)] == [[0, 2, 4], [1, 3, 5]]
    assert ensemble._halves(grouped.take(np.array([0])), 0) == []
