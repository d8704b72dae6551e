import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as reference

from polymodal.metrics import score
from polymodal.schema.target import Labels, Number


def problem(seed=0, n=120):
    rng = np.random.default_rng(seed)
    truth = rng.normal(1000.0, 2.0, n).round(1)
    return (truth + rng.normal(size=n)).round(1)[:, None], Labels(truth, np.ones(n, bool)), rng.integers(0, 4, n)


def test_agrees_with_sklearn_and_scipy():
    outputs, labels, count = problem()
    repeated = np.repeat(np.arange(len(labels)), count)
    expected = {
        "r2": reference.r2_score(labels.values, outputs[:, 0], sample_weight=count),
        "mae": reference.mean_absolute_error(labels.values, outputs[:, 0], sample_weight=count),
        "rmse": reference.root_mean_squared_error(labels.values, outputs[:, 0], sample_weight=count),
        "spearman": stats.spearmanr(labels.values[repeated], outputs[repeated, 0]).statistic,
    }
    assert score(Number(), outputs, labels, count) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("n", [1, 5])
def test_equal_labels_leave_out_what_is_undefined(n):
    found = score(Number(), np.arange(n)[:, None] + 0.1, Labels(np.full(n, 0.3), np.ones(n, bool)))
    assert set(found) == {"mae", "rmse"}
