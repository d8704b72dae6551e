from dataclasses import replace

import numpy as np

from polymodal.explain.evaluation import evaluate


def verdict(lattice, metric=None):
    return " ".join(evaluate(lattice, metric, resamples=300)["outcome"].verdict)


def test_fusion_that_helps_is_said_to_beat_the_best(evidence):
    assert "Fusion beats the best single modality" in verdict(evidence(strength=(1.5, 1.5), missing=0.0, n=400))


def test_an_ignored_modality_is_named_and_fusion_ties(evidence):
    said = verdict(evidence(strength=(1.5, 0.0)))
    assert "Fusion ties with the best single modality, 'age'" in said
    assert "'ecg' is ignored" in said


def test_a_copy_tells_nothing_new_and_is_not_called_ignored(evidence):
    lattice = evidence(strength=(1.5, 0.0), missing=0.0)
    said = verdict(replace(lattice, values=lattice.values[[0, 1, 1, 1]]))
    assert "'ecg' tells nothing new: leaving it out moves the answers by 0.0%" in said
    assert "asked alone it moves them by 100%" in said
    assert "ignored" not in said


def test_a_modality_that_moves_answers_at_random_makes_no_measurable_difference(evidence):
    lattice = evidence(strength=(1.5, 0.0), missing=0.0, n=400)
    noise = np.random.default_rng(1).normal(0, 0.02, (400, 1)) * [1, -1]
    values = lattice.values + np.where(lattice.patterns[:, 1, None, None], noise, 0.0)
    assert "'ecg' makes no measurable difference to accuracy" in verdict(replace(lattice, values=values), "accuracy")


def test_a_harmful_modality_hurts_and_fusion_loses(evidence):
    lattice = evidence(strength=(2.0, 0.0), missing=0.0, n=400)
    noise = np.random.default_rng(1).normal(0, 0.5, (400, 1)) * [1, -1]
    values = lattice.values + np.where(lattice.patterns[:, 1, None, None], noise, 0.0)
    for metric in ("auc", "brier"):
        said = verdict(replace(lattice, values=values), metric)
        assert "Fusion loses to the best single modality, 'age'" in said
        assert f"'ecg' hurts: without it {metric} is better by 0." in said


def test_answers_no_better_than_the_prior(evidence):
    lattice = evidence()
    shuffled = lattice.values[:, np.random.default_rng(0).permutation(200)]
    assert "cannot be told apart from the prior answer" in verdict(replace(lattice, values=shuffled))


def test_one_modality_has_nothing_to_fuse(evidence):
    assert "one modality only, 'age': nothing to fuse" in verdict(evidence(strength=(1.0,)))


def test_a_modality_no_row_has(evidence):
    lattice = evidence(strength=(1.5, 1.0))
    present = lattice.present & [True, False]
    values = lattice.values[[0, 1, 0, 1]]
    assert "No labelled row has 'ecg'" in verdict(replace(lattice, present=present, values=values))


def test_without_intervals_nothing_is_called_a_tie(evidence):
    said = " ".join(evaluate(evidence(strength=(1.5, 1.5)), None, resamples=0)["outcome"].verdict)
    assert "The answers are not tested against the prior answer" in said
    assert "without intervals nothing says whether that is chance" in said
    assert "cannot be told" not in said
