import numpy as np
import pytest
from scipy.spatial.distance import cdist

from polymodal.align.space.by_expression._transport import Problem, coupled, linear_plan, unlikeness

ot = pytest.importorskip("ot")
RANDOM = np.random.default_rng(0)


def problem(n=12, m=15, alpha=0.1, mass=None):
    random = np.random.default_rng(3)
    weights, others = np.full(n, 1 / n), np.full(m, 1 / m)
    return Problem(random.uniform(0, 2, (n, m)), random.uniform(0, 3, (n, 2)), random.uniform(0, 3, (m, 2)), weights,
                   others, alpha, mass)  # fmt: skip


def test_unlikeness_is_the_divergence_of_the_shares():
    one, other = RANDOM.integers(0, 9, (3, 6)).astype(float), RANDOM.integers(0, 9, (4, 6)).astype(float)
    found = unlikeness(one, other)
    for row in range(3):
        for column in range(4):
            p, q = (x + 0.01 for x in (one[row], other[column]))
            p, q = p / p.sum(), q / q.sum()
            assert found[row, column] == pytest.approx((p * np.log(p / q)).sum())


def test_plan_and_cost_are_those_of_pot():
    given = problem()
    here, there = cdist(given.moving, given.moving), cdist(given.fixed, given.fixed)
    plan, log = ot.gromov.fused_gromov_wasserstein(
        given.unlike, here, there, given.weights, given.other_weights, alpha=0.1, log=True
    )
    found = coupled(given)
    assert found.cost == pytest.approx(float(log["fgw_dist"]), rel=1e-6)
    assert np.abs(found.plan - plan).max() < 1e-6


@pytest.mark.parametrize("mass", [None, 0.4])
def test_ends_of_a_plan_are_the_weights(mass):
    given = problem(mass=mass)
    plan = coupled(given).plan
    if mass is None:
        assert plan.sum(axis=1) == pytest.approx(given.weights)
        assert plan.sum(axis=0) == pytest.approx(given.other_weights)
    else:
        assert plan.sum() == pytest.approx(mass)
        assert (plan.sum(axis=1) <= given.weights + 1e-9).all()
        assert (plan.sum(axis=0) <= given.other_weights + 1e-9).all()


def test_a_part_is_brought_together_as_by_partial_transport():
    given = problem(mass=0.35)
    assert linear_plan(given.unlike, given) == pytest.approx(
        ot.partial.partial_wasserstein(given.weights, given.other_weights, given.unlike, m=0.35), abs=1e-9
    )


def test_a_permutation_is_found_again():
    random = np.random.default_rng(1)
    places, order = random.uniform(0, 5, (20, 2)), random.permutation(20)
    counts = random.poisson(20, (20, 8)).astype(float)
    even = np.full(20, 0.05)
    given = Problem(unlikeness(counts, counts[order]), places, places[order], even, even, 0.1)
    assert (coupled(given).plan.argmax(axis=0) == order).all()
