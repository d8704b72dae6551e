import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from polymodal.comparison.significance import holm, p_value
from polymodal.explain.resampling import Sample


def test_holm_by_hand():
    # sorted .005 .01 .02 .04 of four: times 4, 3, 2, 1, and never below the one before
    assert holm([0.02, 0.005, 0.04, 0.01]) == pytest.approx([0.04, 0.02, 0.04, 0.03])
    assert holm([0.5, None, 0.9]) == [1.0, None, 1.0]
    assert holm([None, 0.03]) == [None, 0.03]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_lies_between_the_plain_and_bonferroni(values):
    found = holm(values)
    assert all(one >= plain for one, plain in zip(found, values, strict=True))
    assert all(one <= min(1.0, len(values) * plain) for one, plain in zip(found, values, strict=True))
    assert np.array_equal(np.argsort(values, kind="stable"), np.lexsort([values, found]))


def test_no_difference_is_p_one_and_a_clear_one_is_the_least_possible():
    assert p_value(Sample(0.0, np.zeros(500), 100)) == 1.0
    assert p_value(Sample(1.0, np.full(999, 1.0), 100)) == pytest.approx(2 / 1000)
    assert p_value(Sample(-1.0, np.full(999, -1.0), 100)) == pytest.approx(2 / 1000)


def test_p_of_a_normal_difference_is_that_of_the_z_test():
    draws = norm.ppf((np.arange(10_000) + 0.5) / 10_000, loc=1.5)
    assert p_value(Sample(1.5, draws, 100)) == pytest.approx(2 * norm.sf(1.5), abs=0.001)


def test_too_little_to_tell_is_no_p():
    assert p_value(Sample(1.0, np.ones(100), 9)) is None
    assert p_value(Sample(1.0, np.ones(19), 100)) is None
    assert p_value(Sample(1.0, np.append(np.ones(19), [np.nan] * 100), 100)) is None


def test_the_interval_of_accuracy_is_that_of_a_share(judges, said):
    one = judges()
    right = said(range(100, 120))[100:]  # 80 of 100
    found = one.pooled(one.score({"a": [right]}, 4000, 0)["a"])
    assert found.value == pytest.approx(0.8)
    assert found.draws.std() == pytest.approx(np.sqrt(0.8 * 0.2 / 100), rel=0.05)


def test_every_line_sees_the_same_resamples(judges, said):
    one, answers = judges(), said([100, 103, 150])[100:]
    scores = one.score({"a": [answers], "b": [answers.copy()]}, 300, 0)
    assert scores["a"].shape == (1, 301)
    assert np.array_equal(scores["a"], scores["b"])


def test_chunks_draw_as_one_would(judges, said, monkeypatch):
    one, answers = judges(), {"a": [said([100, 103, 150])[100:]]}
    whole = one.score(answers, 300, 0)["a"]
    monkeypatch.setattr("polymodal.comparison.significance._ENTRIES", 700)
    assert np.array_equal(one.score(answers, 300, 0)["a"], whole)


def test_rows_without_a_label_do_not_judge(judges, said):
    known = np.arange(200) < 150
    one = judges(known=known)
    assert one.n_rows == one.n_units == 50
    found = one.score({"a": [said(range(150, 200))[100:]]}, 50, 0)["a"]  # wrong only where nobody knows
    assert (found == 1.0).all()


def test_weights_count(judges, said):
    weight = np.where(np.arange(200) < 110, 9.0, 1.0)
    one = judges(weight=weight)
    found = one.score({"a": [said(range(100, 110))[100:]]}, 0, 0)["a"]
    assert found.tolist() == [[pytest.approx(90 / 180)]]


def test_a_row_held_out_twice_is_one_row(judges, said):
    """The same split ten times tells no more than once; counted as new rows it would seem surer by a factor of 3."""
    mask = np.arange(200) >= 100
    answers = said(range(100, 130))[100:]
    once, often = judges([mask]), judges([mask] * 10)
    narrow = often.pooled(often.score({"a": [answers] * 10}, 1000, 0)["a"])
    wide = once.pooled(once.score({"a": [answers]}, 1000, 0)["a"])
    assert often.n_units == 100
    assert np.allclose(narrow.draws, wide.draws)


def test_folds_pool_to_the_mean_of_their_scores(judges, said):
    folds = np.arange(200) // 50
    one = judges([folds == k for k in range(4)])
    answers = said([0, 1, 50])  # 48, 49, 50 and 50 of 50
    scores = one.score({"a": [answers[folds == k] for k in range(4)]}, 100, 0)["a"]
    assert scores[:, 0].tolist() == [0.96, 0.98, 1.0, 1.0]
    assert one.pooled(scores).value == pytest.approx(0.985)


def test_a_split_where_the_metric_is_undefined_is_left_out(judges, said):
    one_class = (np.arange(200) >= 190) & (np.arange(200) % 2 == 1)
    one = judges([np.arange(200) < 100, one_class], metric="auc")
    scores = one.score({"a": [said()[:100], said()[one_class]]}, 50, 0)["a"]
    assert np.isnan(scores[1]).all()
    assert one.pooled(scores).value == 1.0


def test_groups_are_drawn_whole(judges, said):
    """Right or wrong by whole groups of ten: the interval is that of 10 draws, not of 100."""
    groups = np.arange(200) // 10
    wrong = [row for row in range(100, 200) if groups[row] % 2]
    answers = {"a": [said(wrong)[100:]]}
    whole, rows = judges(groups=groups), judges()
    assert (whole.are_groups, whole.n_units, whole.n_rows) == (True, 10, 100)
    spread = [one.pooled(one.score(answers, 4000, 0)["a"]).draws.std() for one in (whole, rows)]
    assert spread == pytest.approx([np.sqrt(0.25 / 10), np.sqrt(0.25 / 100)], rel=0.05)


def test_few_groups_are_drawn_by_row(judges):
    one = judges(groups=np.arange(200) // 20)
    assert (one.are_groups, one.n_units) == (False, 100)
