import numpy as np
import pytest

from polymodal.errors import DataError, SettingError
from polymodal.metrics import GREATER_IS_BETTER, METRICS, find, primary, resampled, score
from polymodal.schema.target import Category, Discrete, Labels, Multilabel, Number, Ordinal, Survival

BINARY, LETTERS = Category(classes=("no", "yes")), Category(classes=("a", "b", "c"))
GRADES = Ordinal(levels=("low", "middle", "high"))
TARGETS = [BINARY, LETTERS, Multilabel(classes=("x", "y")), Number(), GRADES, Survival("days", "dead")]


def answers(target, rng, n=40):
    if isinstance(target, Discrete):
        return rng.dirichlet(np.ones(len(target.classes)), n), Labels(rng.integers(0, 2, n), np.ones(n, bool))
    if isinstance(target, Multilabel):
        return rng.random((n, 2)), Labels((rng.random((n, 2)) < 0.5) * 1.0, np.ones((n, 2), bool))
    if isinstance(target, Number):
        return rng.normal(size=(n, 1)), Labels(rng.normal(size=n), np.ones(n, bool))
    return rng.normal(size=(n, 1)), Labels(np.stack([rng.random(n), rng.random(n) < 0.7], axis=1), np.ones(n, bool))


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.kind)
def test_a_weight_counts_like_repeated_rows(target):
    rng = np.random.default_rng(1)
    outputs, labels = answers(target, rng)
    count = rng.integers(0, 4, len(labels))
    repeated = np.repeat(np.arange(len(labels)), count)
    assert score(target, outputs, labels, count) == pytest.approx(
        score(target, outputs[repeated], labels.take(repeated))
    )


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.kind)
def test_many_weightings_at_once_equal_one_at_a_time(target):
    rng = np.random.default_rng(2)
    outputs, labels = answers(target, rng)
    weights = rng.integers(0, 3, (len(labels), 5)).astype(float)
    for metric in METRICS[target.kind].values():
        together = resampled(target, metric, outputs, labels, weights)
        alone = [score(target, outputs, labels, weights[:, r]).get(metric.name, np.nan) for r in range(5)]
        assert together == pytest.approx(alone, nan_ok=True)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.kind)
def test_primary_is_known_and_greater_is_better(target):
    assert find(target).name == primary(target)
    assert GREATER_IS_BETTER[primary(target)]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.kind)
def test_no_rows_have_no_score(target):
    outputs, labels = answers(target, np.random.default_rng(0))
    assert score(target, outputs[:0], labels.take(np.arange(0))) == {}


def test_unknown_metric_suggests_the_nearest():
    with pytest.raises(SettingError, match="Did you mean 'accuracy'"):
        find(BINARY, "acuracy")


def test_outputs_that_do_not_fit_are_refused():
    labels = Labels(np.array([0, 1]), np.ones(2, bool))
    with pytest.raises(DataError, match=r"shape \(2, 2\); got \(2, 1\)"):
        score(BINARY, np.ones((2, 1)), labels)
    with pytest.raises(DataError, match="not finite in 1 of 2"):
        score(BINARY, np.array([[0.5, 0.5], [np.nan, 0.5]]), labels)


def test_thresholds_decide_what_metrics_of_answers_see():
    outputs = np.array([[0.9, 0.1], [0.7, 0.3], [0.6, 0.4], [0.2, 0.8]])
    labels = Labels(np.array([0, 1, 1, 1]), np.ones(4, bool))
    found = score(BINARY.model_copy(update={"thresholds": (0.3,)}), outputs, labels)
    assert found["accuracy"] == found["recall"] == found["precision"] == found["f1"] == found["specificity"] == 1.0
    assert score(BINARY, outputs, labels)["recall"] == pytest.approx(1 / 3)
    assert found["auc"] == score(BINARY, outputs, labels)["auc"]
    several = Multilabel(classes=("x", "y"), thresholds=(0.3, 0.95))
    truth = Labels(np.array([[0, 0], [1, 0], [1, 0], [1, 0]], dtype=float), np.ones((4, 2), bool))
    assert score(several, outputs[:, [1, 0]], truth)["accuracy"] == 1.0


def test_scores_of_two_classes_are_refused_for_three():
    with pytest.raises(SettingError, match="f1 is of two classes, and the target has 3; take f1_macro"):
        find(LETTERS, "f1")
