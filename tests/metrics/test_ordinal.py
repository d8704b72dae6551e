import numpy as np
import pytest
from sklearn import metrics as reference

from polymodal.metrics import score
from polymodal.schema.target import Labels, Ordinal

GRADES = Ordinal(levels=("low", "middle", "high", "top"))


def problem(seed=0, n=200):
    rng = np.random.default_rng(seed)
    outputs = rng.dirichlet(np.ones(4), n)
    return outputs, Labels(rng.integers(0, 4, n), np.ones(n, bool)), rng.integers(0, 4, n).astype(float)


def median(outputs):
    """The first level at which half of the probability is reached."""
    return np.array([next(k for k in range(4) if row[: k + 1].sum() >= 0.5) for row in outputs])


@pytest.mark.parametrize("weighted", [False, True])
def test_agrees_with_sklearn(weighted):
    outputs, labels, weight = problem()
    weight = weight if weighted else None
    truth, answer = labels.values, median(outputs)
    reached = np.stack([outputs[:, : k + 1].sum(axis=1) - (truth <= k) for k in range(3)])
    assert score(GRADES, outputs, labels, weight) == pytest.approx(
        {
            "quadratic_kappa": reference.cohen_kappa_score(truth, answer, weights="quadratic", sample_weight=weight),
            "mae": reference.mean_absolute_error(truth, answer, sample_weight=weight),
            "accuracy": reference.accuracy_score(truth, answer, sample_weight=weight),
            "log_loss": reference.log_loss(truth, outputs, sample_weight=weight),
            "ranked_probability": np.average((reached**2).mean(axis=0), weights=weight),
        }
    )


def test_kappa_of_one_answer_is_that_of_chance_and_undefined_where_nothing_varies():
    sure = np.tile([0.0, 1.0, 0.0, 0.0], (6, 1))
    everywhere = np.ones(6, bool)
    assert score(GRADES, sure, Labels(np.array([0, 1, 2, 1, 0, 3]), everywhere))["quadratic_kappa"] == pytest.approx(0)
    assert "quadratic_kappa" not in score(GRADES, sure, Labels(np.ones(6, int), everywhere))
