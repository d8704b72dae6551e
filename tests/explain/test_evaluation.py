import json
from dataclasses import replace

import numpy as np
import pytest

from polymodal.errors import DataError, SettingError
from polymodal.explain.evaluation import evaluate
from polymodal.lattice import Lattice, all_patterns
from polymodal.metrics import score
from polymodal.schema.target import Category, Labels, Multilabel, Number, Survival


def test_overall_scores_are_those_of_the_full_pattern(evidence):
    lattice = evidence()
    found = evaluate(lattice)["outcome"]
    expected = score(lattice.targets["outcome"], lattice.values[-1], lattice.labels["outcome"])
    assert {name: one.value for name, one in found.scores.items()} == pytest.approx(expected)
    assert found.metric == "auc"
    assert found.baseline.value == 0.5


def test_interval_of_accuracy_is_the_binomial_one(evidence):
    found = evaluate(evidence(n=1000), "accuracy", resamples=2000)["outcome"].scores["accuracy"]
    half = 1.96 * np.sqrt(found.value * (1 - found.value) / 1000)
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half), abs=0.004)


def test_each_natural_pattern_is_scored_on_its_own_rows(evidence):
    lattice = evidence(strength=(2.0, 1.0), missing=0.4)
    found = evaluate(lattice, "accuracy")["outcome"].patterns
    assert sum(pattern.rows for pattern in found) == 200
    for pattern in found:
        rows = (lattice.present == np.isin(lattice.modalities, pattern.modalities)).all(axis=1)
        correct = lattice.values[-1, rows].argmax(axis=1) == lattice.labels["outcome"].values[rows]
        assert pattern.score.value == pytest.approx(correct.mean())


def test_lattice_patterns_use_the_rows_that_have_at_least_those(evidence):
    lattice = evidence()
    for p, pattern in enumerate(evaluate(lattice, "accuracy")["outcome"].lattice):
        rows = lattice.present[:, lattice.patterns[p]].all(axis=1)
        correct = lattice.values[p, rows].argmax(axis=1) == lattice.labels["outcome"].values[rows]
        assert (pattern.rows, pattern.score.value) == (rows.sum(), pytest.approx(correct.mean()))


def test_a_modality_alone_is_compared_on_the_rows_that_have_it(evidence):
    lattice = evidence()
    one = evaluate(lattice, "accuracy")["outcome"].alone[1]
    rows = lattice.present[:, 1]
    correct = lattice.values[:, rows].argmax(axis=2) == lattice.labels["outcome"].values[rows]
    assert (one.rows, one.score.value, one.fused.value) == (rows.sum(), correct[2].mean(), correct[-1].mean())
    assert one.gain.value == pytest.approx(correct[-1].mean() - correct[2].mean())


def test_robustness_is_over_all_rows_and_patterns(evidence):
    lattice = evidence()
    curve = evaluate(lattice, "accuracy")["outcome"].robustness
    correct = (lattice.values.argmax(axis=2) == lattice.labels["outcome"].values).mean(axis=1)
    size = lattice.patterns.sum(axis=1)
    assert curve.mean == pytest.approx([correct[size == kept].mean() for kept in (3, 2, 1)])
    assert curve.worst == pytest.approx([correct[size == kept].min() for kept in (3, 2, 1)])
    assert curve.area == pytest.approx((curve.mean[0] / 2 + curve.mean[1] + curve.mean[2] / 2) / 2)


def test_errors_are_worst_when_greatest_and_gains_are_positive_when_lower(evidence):
    found = evaluate(evidence(), "log_loss")["outcome"]
    assert found.robustness.worst[2] > found.robustness.mean[2]
    assert all(one.gain.value > 0 for one in found.alone)
    assert sum(one.share.value for one in found.contributions) == pytest.approx(
        found.baseline.value - found.scores["log_loss"].value
    )


def test_too_few_rows_are_said_so(evidence):
    found = evaluate(evidence(n=30))["outcome"]
    few = [pattern for pattern in found.patterns if pattern.rows < 10]
    assert few
    assert all(pattern.score is None and "fewer than 10 rows" in pattern.note for pattern in few)


@pytest.mark.parametrize("n_modalities", [1, 3, 8])
def test_any_number_of_modalities(evidence, n_modalities):
    strength = tuple(np.linspace(2, 0.3, n_modalities))
    found = evaluate(evidence(strength=strength), resamples=50)
    assert len(found["outcome"].lattice) == 2**n_modalities
    assert max(map(len, str(found).splitlines())) <= 101
    json.dumps(found.to_dict(), allow_nan=False)


def test_one_row_has_no_interval_and_no_area(evidence):
    found = evaluate(evidence(n=1))["outcome"]
    assert "auc" not in found.scores
    assert found.scores["log_loss"].low is None
    assert found.robustness is None
    assert "Only 1 row with a label" in found.verdict[0]


def test_one_class_only(evidence):
    lattice = evidence()
    same = replace(lattice, labels={"outcome": Labels(np.ones(200, dtype=int), np.ones(200, dtype=bool))})
    found = evaluate(same)
    assert "auc" not in found["outcome"].scores
    assert found["outcome"].contributions[0].share is None
    assert "undefined on these rows" in str(found)


def test_without_labels_the_columns_needed_are_named(evidence):
    lattice = evidence()
    survival = replace(lattice, labels={}, targets={"life": Survival("days", "dead")})
    with pytest.raises(DataError, match=r"none of the 200 rows has a label.*'life'.*'days', 'dead'"):
        evaluate(survival)
    unknown = replace(lattice, labels={"outcome": Labels(np.zeros(200, dtype=int), np.zeros(200, dtype=bool))})
    with pytest.raises(DataError, match="'outcome' is read from column 'outcome'"):
        evaluate(unknown)


def test_bad_settings_are_refused(evidence):
    with pytest.raises(SettingError, match="Did you mean 'brier'"):
        evaluate(evidence(), "briar")
    with pytest.raises(SettingError, match=r"unknown target 'outcom'\. Did you mean 'outcome'"):
        evaluate(evidence(), {"outcom": "auc"})
    with pytest.raises(SettingError, match="resamples=-1"):
        evaluate(evidence(), resamples=-1)


def test_no_resamples_no_intervals(evidence):
    found = evaluate(evidence(), resamples=0)["outcome"]
    assert all(one.low is None for one in found.scores.values())


def test_sample_weights_are_honoured(evidence):
    lattice = evidence()
    weight = np.random.default_rng(5).random(200)
    found = evaluate(replace(lattice, weight=weight))["outcome"]
    expected = score(lattice.targets["outcome"], lattice.values[-1], lattice.labels["outcome"], weight)
    assert {name: one.value for name, one in found.scores.items()} == pytest.approx(expected)


def test_repeats_exactly_and_changes_with_the_seed(evidence):
    lattice = evidence()
    before = lattice.values.copy()
    assert evaluate(lattice).to_dict() == evaluate(lattice).to_dict()
    assert evaluate(lattice, seed=1).to_dict() != evaluate(lattice).to_dict()
    assert (lattice.values == before).all()


def test_all_kinds_of_target_at_once():
    rng = np.random.default_rng(0)
    n = 60
    known = np.ones(n, dtype=bool)
    lattice = Lattice(
        modalities=("a", "b"),
        patterns=all_patterns(2),
        present=rng.random((n, 2)) < 0.8,
        values=rng.random((4, n, 7)),
        columns={"kind": slice(0, 3), "tags": slice(3, 5), "size": slice(5, 6), "life": slice(6, 7)},
        targets={
            "kind": Category(classes=("x", "y", "z")),
            "tags": Multilabel(classes=("p", "q")),
            "size": Number(),
            "life": Survival("days", "dead"),
        },
        labels={
            "kind": Labels(rng.integers(0, 3, n), known),
            "tags": Labels((rng.random((n, 2)) < 0.5) * 1.0, rng.random((n, 2)) < 0.9),
            "life": Labels(np.stack([rng.random(n), rng.random(n) < 0.5], axis=1), known),
        },
    )
    found = evaluate(lattice, resamples=50)
    assert {name: one.metric for name, one in found.targets.items()} == {
        "kind": "accuracy",
        "tags": "macro_auc",
        "life": "c_index",
    }
    frame = found.to_pandas()
    assert set(frame["target"]) == {"kind", "tags", "life"}
    assert {"overall", "pattern", "lattice", "alone", "share", "robustness mean"} <= set(frame["part"])
    assert "<table>" in found._repr_html_()


def test_markup_in_names_is_escaped(evidence):
    lattice = evidence(strength=(2.0,), modalities=("<b>$x$",))
    assert "<b>" not in evaluate(lattice, resamples=0)._repr_html_()
