import numpy as np
import pytest
from sklearn import metrics as reference

from polymodal.metrics.threshold import best_threshold
from polymodal.schema.target import wish_of

SCORES = {
    "accuracy": reference.accuracy_score,
    "balanced_accuracy": reference.balanced_accuracy_score,
    "f1": reference.f1_score,
    "f1_macro": lambda *pair, **settings: reference.f1_score(*pair, average="macro", **settings),
}


def rows(seed, n=60):
    random = np.random.default_rng(seed)
    truth = random.random(n) < 0.3
    truth[:2] = True, False
    shares = np.clip(truth * 0.2 + random.normal(0.3, 0.2, n), 0, 1).round(2)  # with ties
    return shares, truth, random.integers(1, 4, n).astype(float)


def everywhere(shares):
    """A threshold in each place where one can be."""
    return np.unique(np.concatenate([[0.0], shares, shares + 1e-6])).clip(0, 1)


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("seed", range(5))
def test_no_threshold_is_better(name, seed):
    shares, truth, weight = rows(seed)

    def score(threshold):
        return SCORES[name](truth, shares >= threshold, sample_weight=weight)

    found = best_threshold(shares, truth, weight, wish_of(name))
    assert score(found) == pytest.approx(max(map(score, everywhere(shares))))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("limited", "other"), [("recall", "specificity"), ("specificity", "recall")])
def test_a_limit_is_kept_at_the_least_cost(limited, other, seed):
    shares, truth, weight = rows(seed)

    def rates(threshold):
        answer = shares >= threshold
        right = {"recall": answer & truth, "specificity": ~answer & ~truth}
        of = {"recall": truth, "specificity": ~truth}
        return {name: weight[right[name]].sum() / weight[of[name]].sum() for name in right}

    found = rates(best_threshold(shares, truth, weight, wish_of(f"{limited}>=0.8")))
    possible = [rate[other] for rate in map(rates, everywhere(shares)) if rate[limited] >= 0.8]
    assert found[limited] >= 0.8
    assert found[other] == pytest.approx(max(possible))


def test_a_limit_out_of_reach_is_come_close_to():
    shares, truth = np.array([0.9, 0.8, 0.7, 0.1]), np.array([False, True, True, False])
    threshold = best_threshold(shares, truth, np.ones(4), wish_of("precision>=0.9"))
    assert reference.precision_score(truth, shares >= threshold) == pytest.approx(2 / 3)


def test_rows_that_are_sure_are_always_answered_yes():
    shares, truth = np.array([1.0, 1.0, 0.2]), np.array([False, True, False])
    threshold = best_threshold(shares, truth, np.ones(3), wish_of("accuracy"))
    assert 0.2 < threshold <= 1.0


def test_neighbours_in_floating_point_are_told_apart():
    low = 0.3
    high = np.nextafter(low, 1)
    threshold = best_threshold(np.array([low, high]), np.array([False, True]), np.ones(2), wish_of("f1"))
    assert low < threshold <= high
