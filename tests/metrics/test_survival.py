import numpy as np
import pytest

from polymodal.metrics import score
from polymodal.metrics.ranking import concordance
from polymodal.schema.target import Labels, Survival

TARGET = Survival("days", "dead")


def problem(seed, n=60):
    rng = np.random.default_rng(seed)
    risk, time = rng.normal(size=n).round(1), rng.exponential(size=n).round(1)  # many ties in both
    return risk, time, rng.random(n) < 0.6, rng.integers(0, 4, n).astype(float)


def brute_force(risk, time, event, weight):
    won = total = 0.0
    for i in range(len(risk)):
        for j in range(len(risk)):
            if event[i] and (time[i] < time[j] or (time[i] == time[j] and not event[j])):
                total += weight[i] * weight[j]
                won += weight[i] * weight[j] * ((risk[i] > risk[j]) + 0.5 * (risk[i] == risk[j]))
    return won / total


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_counting_every_pair(seed):
    risk, time, event, weight = problem(seed)
    both = np.stack([weight, np.ones_like(weight)], axis=1)
    expected = [brute_force(risk, time, event, both[:, 0]), brute_force(risk, time, event, both[:, 1])]
    assert concordance(risk, time, event, both) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_scikit_survival(seed):
    reference = pytest.importorskip("sksurv.metrics")
    risk, time, event, _ = problem(seed)
    expected = reference.concordance_index_censored(event, time, risk)[0]
    labels = Labels(np.stack([time, event.astype(float)], axis=1), np.ones(len(time), bool))
    assert score(TARGET, risk[:, None], labels)["c_index"] == pytest.approx(expected, abs=1e-12)


def test_without_a_comparable_pair_there_is_no_score():
    labels = Labels(np.array([[1.0, 0.0], [2.0, 0.0]]), np.ones(2, bool))
    assert score(TARGET, np.array([[1.0], [2.0]]), labels) == {}
