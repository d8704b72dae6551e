import itertools

import numpy as np
import pytest

from polymodal.errors import DataError
from polymodal.explain.chains import sampled_shapley
from polymodal.explain.game import shapley
from polymodal.lattice import all_patterns, chain_patterns


def test_all_orders_give_the_exact_values():
    v = np.random.default_rng(0).normal(size=(16, 3))
    orders = np.array(list(itertools.permutations(range(4))))
    values, error = sampled_shapley(v, all_patterns(4), orders)
    assert values == pytest.approx(shapley(v))
    assert (error > 0).all()


def test_sampled_orders_are_within_their_error_and_sum_to_the_whole():
    rng = np.random.default_rng(1)
    orders = np.array([rng.permutation(10) for _ in range(400)])
    v = rng.normal(size=2**10)
    patterns = chain_patterns(orders)
    game = v[patterns @ 2 ** np.arange(10)]
    values, error = sampled_shapley(game, patterns, orders)
    assert (np.abs(values - shapley(v)) < 4 * error).all()
    assert values.sum() == pytest.approx(game[-1] - game[0])


def test_chains_start_empty_and_end_full():
    patterns = chain_patterns(np.array([[2, 0, 1], [2, 1, 0]]))
    assert not patterns[0].any()
    assert patterns[-1].all()
    assert len(patterns) == 5


def test_one_order_has_no_error_to_speak_of():
    values, error = sampled_shapley(np.array([0.0, 1.0, 3.0]), chain_patterns(np.array([[1, 0]])), np.array([[1, 0]]))
    assert values.tolist() == [2.0, 1.0]
    assert np.isinf(error).all()


def test_a_missing_step_is_an_error():
    with pytest.raises(DataError, match="1 of the 3 steps"):
        sampled_shapley(np.zeros(2), np.array([[False, False], [True, True]]), np.array([[0, 1]]))
