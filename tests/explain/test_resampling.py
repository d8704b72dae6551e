import numpy as np
import pytest

from polymodal.explain.resampling import Estimate, Sample, Scorer


def test_paired_differences_are_much_narrower_than_unpaired(evidence):
    scorer = Scorer.of(evidence(missing=0.0, strength=(2.0, 0.1)), "outcome", "accuracy", 500, 0)
    both, single = scorer.score(3), scorer.score(1)
    paired = (both - single).estimate()
    unpaired = np.sqrt(both.draws.var() + single.draws.var()) * 2 * 1.96
    assert paired.high - paired.low < unpaired / 2


def test_draws_that_are_undefined_do_not_count():
    draws = np.append(np.full(500, np.nan), np.linspace(0, 1, 101))
    assert Sample(0.5, draws, 50).estimate() == Estimate(0.5, pytest.approx(0.025), pytest.approx(0.975))
    assert Sample(0.5, draws[:510], 50).estimate() == Estimate(0.5)
    assert Sample(np.nan, draws, 50).estimate() is None


def test_scoring_every_pattern_agrees_with_scoring_one(evidence):
    lattice = evidence()
    scorer = Scorer.of(lattice, "outcome", None, 300, 0)
    every = scorer.score_each()
    one = scorer.score(5)
    assert every[5].value == one.value
    assert every[5].draws == pytest.approx(one.draws[:200])


def test_rounding_is_no_finding() -> None:
    tiny = Estimate(2e-16, 1e-16, 3e-16)
    assert str(tiny) == "0.000 [0.000, 0.000]"
    assert not tiny.excludes_zero
    assert Estimate(2e-6, 1e-6, 3e-6).excludes_zero
