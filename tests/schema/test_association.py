import numpy as np
import pytest
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

from polymodal.schema.association import (
    concordance_in_two_looks,
    majority_accuracy,
    mean_correlation,
    neighbour_accuracy,
    pearson,
    ranks,
)

RANDOM = np.random.default_rng(0)
N = 100
CLASSES = RANDOM.permutation(N) % 2
NOISE = RANDOM.normal(size=N)


def test_neighbour_accuracy_of_cuts_and_of_noise():
    assert neighbour_accuracy(NOISE, (np.median(NOISE) < NOISE).astype(int)) == 1
    assert neighbour_accuracy(NOISE, np.digitize(NOISE, [-0.5, 0, 0.5])) == 1
    assert neighbour_accuracy(NOISE, CLASSES) == pytest.approx(11 / 16, abs=0.1)  # two or more of four fair coins
    assert neighbour_accuracy(np.where(NOISE > 0, NOISE, np.nan), (NOISE > 0).astype(int)) == 0


def test_majority_accuracy_leaves_the_row_itself_out():
    assert majority_accuracy(CLASSES * 7, CLASSES) == 1
    assert majority_accuracy(np.arange(N), CLASSES) == 0
    assert majority_accuracy(np.array(["a"] * N), CLASSES) == 0
    codes = np.repeat(np.arange(50), 2)
    assert majority_accuracy(codes, np.tile([0, 1], 50)) == 0  # the only other row is always of the other class


def test_mean_correlation():
    codes = np.repeat(np.arange(10), 10)
    assert mean_correlation(codes, codes**2 + 0.01 * NOISE) > 0.999
    assert mean_correlation(codes, NOISE) < 0.5
    assert mean_correlation(np.arange(N), NOISE) == 0


def test_ranks_and_correlation():
    values = RANDOM.integers(0, 9, N)
    assert ranks(values) + 1 == pytest.approx(rankdata(values))
    assert pearson(NOISE, 3 - 2 * NOISE) == pytest.approx(-1)
    assert pearson(np.ones(N), NOISE) == 0


def test_concordance_is_harrell_s():
    # With all events at one time and all censoring later, Harrell's C is the area under the ROC curve.
    answers = np.stack([np.where(CLASSES, 1.0, 2.0), CLASSES], axis=1)
    area = roc_auc_score(CLASSES, NOISE)
    assert concordance_in_two_looks(NOISE, answers) == pytest.approx(max(area, 1 - area))
    time = np.stack([np.arange(3000.0), np.ones(3000)], axis=1)
    assert concordance_in_two_looks(-np.arange(3000.0), time) == 1
