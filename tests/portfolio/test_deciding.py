"""Thresholds settled on the rows that judge, in a fit and by themselves."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

import polymodal as pm
from polymodal.errors import FitError
from polymodal.learners._evidence import evidence_of
from polymodal.portfolio.deciding import refuse_undecidable, with_thresholds
from polymodal.portfolio.jury import Jury
from polymodal.schema.target import Category, Labels, Multilabel

N = 80
RANDOM = np.random.default_rng(0)
TRUTH = RANDOM.random((N, 2)) < [0.2, 0.4]
SHARES = np.clip(0.3 * TRUTH + RANDOM.random((N, 2)) * 0.6, 0.01, 0.99)
KNOWN = RANDOM.random((N, 2)) < 0.8


def jury(target, values, known):
    labels, full = Labels(values, known), np.ones((1, 1), dtype=bool)
    return Jury(target, np.zeros(2), np.ones((N, 1), dtype=bool), full, labels, np.ones(N))


def best_f1(shares, truth):
    return max(f1_score(truth, shares >= least) for least in shares)


def test_of_two_classes():
    target = Category(classes=("no", "yes"), decide="f1")
    held = jury(target, TRUTH[:, 0].astype(np.int64), KNOWN[:, 0])
    shares = np.stack([1 - SHARES[:, 0], SHARES[:, 0]], axis=1)
    settled = with_thresholds(held, evidence_of(target, shares, held.prior))
    rows = KNOWN[:, 0]
    found = f1_score(TRUTH[rows, 0], settled.answered(shares)[rows])
    assert found == pytest.approx(best_f1(SHARES[rows, 0], TRUTH[rows, 0]))
    assert settled.decide == "f1"


def test_of_several_labels_one_by_one():
    target = Multilabel(classes=("p", "q"), decide="f1")
    held = jury(target, TRUTH.astype(float), KNOWN)
    answers = with_thresholds(held, evidence_of(target, SHARES, held.prior)).answered(SHARES)
    for label in range(2):
        rows = KNOWN[:, label]
        best = best_f1(SHARES[rows, label], TRUTH[rows, label])
        assert f1_score(TRUTH[rows, label], answers[rows, label]) == pytest.approx(best)


def test_a_label_that_all_rows_have_stays_at_one_half():
    target = Multilabel(classes=("p", "q"), decide="f1")
    truth = TRUTH.astype(float)
    truth[:, 1] = 1.0
    held = jury(target, truth, KNOWN)
    assert with_thresholds(held, evidence_of(target, SHARES, held.prior)).thresholds[1] == 0.5


def test_rows_of_one_class_settle_nothing():
    held = jury(Category(classes=("no", "yes"), decide="f1"), np.zeros(N, dtype=np.int64), KNOWN[:, 0])
    with pytest.raises(FitError, match=r"a threshold of 'y' \(decide='f1'\) cannot be settled"):
        refuse_undecidable({"y": held})


@pytest.mark.parametrize("learners", [["linear"], ["network"]])
def test_in_a_fit_and_kept_in_the_file(learners, tmp_path):
    x = RANDOM.normal(size=150)
    frame = {"x": x, "y": np.where(x + RANDOM.normal(size=150) > 1.3, "yes", "no")}
    plain, decided = (
        pm.Model(learners=learners, folds=2, epochs=3, width=8).fit(
            pm.Table.read(frame, target={"y": pm.Category(decide=decide)}), progress=False
        )
        for decide in (None, "recall>=0.95")
    )
    settled = decided.schema.targets["y"]
    assert 0 < settled.thresholds[0] < 0.5
    answers = decided.predict(frame)
    np.testing.assert_array_equal(answers.outputs["y"], plain.predict(frame).outputs["y"])
    np.testing.assert_array_equal(answers.values() == "yes", answers.outputs["y"][:, 1] >= settled.thresholds[0])
    table = pm.Table.read(frame, target={"y": settled})
    assert decided.evaluate(table, resamples=0).targets["y"].scores["recall"].value > 0.9
    loaded = pm.load(decided.save(tmp_path / "model.pm"))
    assert loaded.schema == decided.schema
    assert str(loaded.predict(frame)) == str(answers)
