import numpy as np
import pytest

from polymodal.comparison.lines import compare_lines
from polymodal.comparison.significance import holm


def test_identical_answers_differ_by_exactly_nothing(judges, run, said):
    answers = said([101, 120, 133])
    found = compare_lines("y", judges(), [run("a", answers), run("b", answers.copy())], 500, 0)
    assert (found.best, found["b"].to_best.p) == ("a", 1.0)
    assert found["b"].to_best.value.value == found["b"].to_best.value.low == found["b"].to_best.value.high == 0.0
    assert found["a"].to_best is None
    assert "cannot be told from it: b" in found.verdict[0]


def test_a_clearly_better_model_is_significant(judges, run, said):
    single = run("age alone", said(range(100, 140)), kind="modality")
    found = compare_lines("y", judges(), [run("good", said([101])), single], 1000, 0)
    gain = found["good"].to_single
    assert gain.value.value == pytest.approx(0.39)
    assert gain.p == pytest.approx(2 / 1001)
    assert gain.is_sure
    assert found["age alone"].to_best.value.value == pytest.approx(-0.39)
    assert found.verdict[0].endswith("every other line is worse at 5 %.")
    assert found.verdict[1].startswith("Better than the best single modality, age alone (0.600")


def test_a_model_worse_than_a_single_modality_is_called_so(judges, run, said):
    runs = [run("bad", said(range(100, 140))), run("age alone", said(), kind="modality")]
    verdict = compare_lines("y", judges(), runs, 500, 0).verdict
    assert "no model" in verdict[1]
    assert verdict[2] == "Worse than the best single modality, age alone (1.000 [1.000, 1.000]): bad."


def test_p_is_corrected_over_all_other_lines(judges, run, said):
    runs = [run(f"m{wrong}", said(range(100, 100 + wrong))) for wrong in (0, 3, 4, 5)]
    alone = [compare_lines("y", judges(), [runs[0], other], 1000, 0) for other in runs[1:]]
    plain = [one.lines[1].to_best.p for one in alone]
    together = compare_lines("y", judges(), runs, 1000, 0)
    assert [together[f"m{wrong}"].to_best.p for wrong in (3, 4, 5)] == pytest.approx(holm(plain))


def test_models_that_are_equally_good_seldom_differ(judges, run, said):
    """Both are wrong in a fifth of the rows, by chance: about 5 % of such pairs differ at 5 %."""
    random = np.random.default_rng(0)
    one, sure = judges(), 0
    for seed in range(200):
        a, b = (100 + np.flatnonzero(random.random(100) < 0.2) for _ in range(2))
        sure += compare_lines("y", one, [run("a", said(a)), run("b", said(b))], 200, seed).lines[1].to_best.is_sure
    assert 0 < sure <= 20


def test_lines_are_ordered_best_first_by_a_metric_where_less_is_better(judges, run, said):
    one = judges(metric="log_loss")
    found = compare_lines("y", one, [run("bad", said(range(100, 140))), run("good", said())], 100, 0)
    assert [line.name for line in found.lines] == ["good", "bad"]
    assert found["bad"].to_best.value.value < 0


def test_a_failed_run_is_the_last_line_with_its_error(judges, run, said):
    found = compare_lines("y", judges(), [run("broken", said(), error="no luck"), run("a", said([100]))], 100, 0)
    assert [line.name for line in found.lines] == ["a", "broken"]
    assert (found["broken"].score, found["broken"].error) == (None, "no luck")
    assert "broken failed: no luck" in found.verdict


def test_times_are_means_over_splits(judges, run, said):
    halves = [np.arange(200) < 100, np.arange(200) >= 100]
    one = run("a", said([0]), halves)
    one.fit_seconds = [1.0, 3.0]
    line = compare_lines("y", judges(halves), [one], 100, 0)["a"]
    assert (line.fit_seconds, line.by_split) == (2.0, (0.99, 1.0))


def test_few_rows_are_an_anecdote(judges, run, said):
    mask = np.arange(200) >= 195
    found = compare_lines("y", judges([mask]), [run("a", said(), [mask]), run("b", said([196]), [mask])], 100, 0)
    assert found["b"].to_best.p is None
    assert found["b"].score.low is None
    assert found.verdict == ("Only 5 rows judge: too few for intervals; take every figure as an anecdote.",)


def test_nothing_to_compare_where_the_metric_is_undefined(judges, run, said):
    one_class = [np.arange(200) % 2 == 0]
    found = compare_lines("y", judges(one_class, metric="auc"), [run("a", said(), one_class)], 100, 0)
    assert (found.best, found["a"].score) == (None, None)
    assert "undefined" in found.verdict[0]
