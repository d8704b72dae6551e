import numpy as np
import pytest
from sklearn import metrics as reference

from polymodal.metrics import score
from polymodal.schema.target import Category, Labels


def problem(n_classes, seed=0, n=200):
    rng = np.random.default_rng(seed)
    outputs = rng.dirichlet(np.ones(n_classes), n).round(2) + 1e-3  # rounding makes ties
    outputs /= outputs.sum(axis=1, keepdims=True)
    truth = rng.integers(0, n_classes, n)
    weight = rng.integers(0, 4, n).astype(float)
    return Category(classes=tuple(range(n_classes))), outputs, Labels(truth, np.ones(n, bool)), weight


def of_two(truth, answer, weight):
    return {
        "f1": reference.f1_score(truth, answer, sample_weight=weight),
        "precision": reference.precision_score(truth, answer, sample_weight=weight),
        "recall": reference.recall_score(truth, answer, sample_weight=weight),
        "specificity": reference.recall_score(1 - truth, 1 - answer, sample_weight=weight),
    }


@pytest.mark.parametrize("n_classes", [2, 3, 8])
@pytest.mark.parametrize("weighted", [False, True])
def test_agrees_with_sklearn(n_classes, weighted):
    target, outputs, labels, weight = problem(n_classes)
    weight = weight if weighted else None
    truth, answer = labels.values, outputs.argmax(axis=1)
    kept = {"sample_weight": weight}
    each = range(1, 2) if n_classes == 2 else range(n_classes)
    expected = {
        "accuracy": reference.accuracy_score(truth, answer, **kept),
        "balanced_accuracy": reference.balanced_accuracy_score(truth, answer, **kept),
        "f1_macro": reference.f1_score(truth, answer, average="macro", **kept),
        **({} if n_classes > 2 else of_two(truth, answer, weight)),
        "auc": np.mean([reference.roc_auc_score(truth == c, outputs[:, c], **kept) for c in each]),
        "average_precision": np.mean(
            [reference.average_precision_score(truth == c, outputs[:, c], **kept) for c in each]
        ),
        "log_loss": reference.log_loss(truth, outputs, **kept),
        "brier": (
            reference.brier_score_loss(truth, outputs[:, 1], **kept)
            if n_classes == 2
            else np.average(((outputs - np.eye(n_classes)[truth]) ** 2).sum(axis=1), weights=weight)
        ),
    }
    ours = score(target, outputs, labels, weight)
    assert {name: ours[name] for name in expected} == pytest.approx(expected, abs=1e-12)


def test_calibration_error_by_hand():
    target = Category(classes=("no", "yes"))
    outputs = np.array([[0.1, 0.9], [0.1, 0.9], [0.3, 0.7]])
    labels = Labels(np.array([1, 0, 1]), np.ones(3, bool))
    assert score(target, outputs, labels)["ece"] == pytest.approx((2 * abs(0.5 - 0.9) + abs(1 - 0.7)) / 3)


def test_one_class_leaves_out_what_is_undefined():
    target = Category(classes=("no", "yes"))
    found = score(target, np.array([[0.4, 0.6], [0.7, 0.3]]), Labels(np.array([1, 1]), np.ones(2, bool)))
    assert "auc" not in found
    assert "average_precision" not in found
    assert found["accuracy"] == 0.5
    assert all(np.isfinite(value) for value in found.values())


def test_no_known_label_has_no_score():
    target = Category(classes=("no", "yes"))
    assert score(target, np.full((3, 2), 0.5), Labels(np.zeros(3, int), np.zeros(3, bool))) == {}


def test_unknown_labels_are_left_out():
    target, outputs, labels, weight = problem(3)
    known = np.arange(len(labels)) % 3 > 0
    gaps = Labels(np.where(known, labels.values, 0), known)
    assert score(target, outputs, gaps, weight) == pytest.approx(
        score(target, outputs[known], labels.take(known), weight[known])
    )
