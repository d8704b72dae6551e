import numpy as np
import pytest
from sklearn import metrics as reference

from polymodal.metrics import score
from polymodal.schema.target import Labels, Multilabel

TARGET = Multilabel(classes=("a", "b", "c"))


def problem(seed=0, n=150):
    rng = np.random.default_rng(seed)
    truth = (rng.random((n, 3)) < 0.4).astype(float)
    known = rng.random((n, 3)) < 0.8
    return rng.random((n, 3)).round(2), Labels(np.where(known, truth, 0.0), known), rng.random(n)


def test_agrees_with_sklearn_over_the_known_cells():
    outputs, labels, weight = problem()

    def mean(figure):
        parts = []
        for label in range(3):
            rows = labels.known[:, label]
            parts.append(figure(labels.values[rows, label], outputs[rows, label], sample_weight=weight[rows]))
        return np.mean(parts)

    def answered(figure):
        return mean(lambda truth, chance, sample_weight: figure(truth, chance >= 0.5, sample_weight=sample_weight))

    expected = {
        "macro_auc": mean(reference.roc_auc_score),
        "macro_average_precision": mean(reference.average_precision_score),
        "f1_macro": answered(reference.f1_score),
        "accuracy": answered(reference.accuracy_score),
        "brier": mean(reference.brier_score_loss),
    }
    ours = score(TARGET, outputs, labels, weight)
    assert {name: ours[name] for name in expected} == pytest.approx(expected, abs=1e-12)


def test_a_label_with_one_class_does_not_count_for_the_area():
    outputs, labels, _ = problem()
    same = Labels(np.where([False, False, True], 1.0, labels.values) * labels.known, labels.known)
    pair = Labels(labels.values[:, :2], labels.known[:, :2])
    assert score(TARGET, outputs, same)["macro_auc"] == pytest.approx(
        score(Multilabel(classes=("a", "b")), outputs[:, :2], pair)["macro_auc"]
    )
