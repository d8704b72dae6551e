import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from polymodal.explain.game import drop_one, interactions, moebius, n_players, shapley
from polymodal.lattice import all_patterns


def games(players=4):
    return arrays(np.float64, 2**players, elements=st.floats(-10, 10))


@pytest.mark.parametrize(
    ("v", "value", "interaction"),
    [
        ([0.5, 0.5, 0.5, 1.0], 0.25, 0.5),  # accuracy, exclusive or
        ([0.75, 0.75, 0.75, 1.0], 0.125, 0.25),  # accuracy, and
        ([0.5, 1.0, 1.0, 1.0], 0.25, -0.5),  # accuracy, one a copy of the other
        ([0.0, 2.25, 2.25, 3.0], 1.5, -1.5),  # variance explained, y = x1 + x2, correlation 0.5
    ],
)
def test_closed_forms_of_two(v, value, interaction):
    assert shapley(np.array(v)) == pytest.approx([value, value])
    assert interactions(np.array(v))[0, 1] == pytest.approx(interaction)


def test_linear_variance_game_from_samples():
    rng = np.random.default_rng(0)
    x = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 200_000)
    y = x.sum(axis=1)
    best = [np.zeros(len(y)), 1.5 * x[:, 0], 1.5 * x[:, 1], y]  # E[y | what is present]
    v = np.array([y.var() - (y - answer).var() for answer in best])
    assert shapley(v) == pytest.approx([1.5, 1.5], rel=0.02)
    assert interactions(v)[0, 1] == pytest.approx(-1.5, rel=0.02)


def test_agrees_with_shapiq_on_random_games_of_eight():
    shapiq = pytest.importorskip("shapiq")
    patterns = all_patterns(8)
    for seed in range(3):
        v = np.random.default_rng(seed).normal(size=256)

        def game(coalitions, v=v):
            return v[np.atleast_2d(coalitions) @ 2 ** np.arange(8)]

        computer = shapiq.ExactComputer(game=game, n_players=8)
        values, pairs = computer("SV"), computer("SII", order=2)
        assert shapley(v) == pytest.approx([values[(m,)] for m in range(8)], abs=1e-9)
        ours = interactions(v)
        assert np.diag(ours) == pytest.approx(shapley(v), abs=1e-12)
        for one, other in itertools.combinations(range(8), 2):
            assert ours[one, other] == pytest.approx(pairs[(one, other)], abs=1e-9)
        assert drop_one(v) == pytest.approx([v[-1] - v[(patterns.sum(1) == 7) & ~patterns[:, m]][0] for m in range(8)])


def test_agrees_with_averaging_over_all_orders():
    v = np.random.default_rng(3).normal(size=16)
    expected = np.zeros(4)
    for order in itertools.permutations(range(4)):
        steps = np.cumsum([0, *(2**m for m in order)])
        expected[list(order)] += np.diff(v[steps]) / 24
    assert shapley(v) == pytest.approx(expected)


@given(games())
def test_values_sum_to_the_whole(v):
    assert shapley(v).sum() == pytest.approx(v[-1] - v[0], abs=1e-9)


@given(games(3))
def test_a_player_that_changes_nothing_gets_exactly_zero(v):
    doubled = np.concatenate([v[:2], v[:2], v[2:4], v[2:4], v[4:6], v[4:6], v[6:], v[6:]])  # player 1 is the dummy
    assert shapley(doubled)[1] == 0.0
    assert (interactions(doubled)[1] == 0.0).all()
    assert drop_one(doubled)[1] == 0.0


@given(games(3), st.permutations(range(3)))
def test_renaming_players_renames_values(v, order):
    order = np.array(order)
    renamed = v[all_patterns(3)[:, order] @ 2 ** np.arange(3)]
    back = np.argsort(order)
    assert shapley(renamed) == pytest.approx(shapley(v)[back], abs=1e-9)
    assert interactions(renamed) == pytest.approx(interactions(v)[np.ix_(back, back)], abs=1e-9)


@given(games())
def test_dividends_rebuild_the_game(v):
    patterns = all_patterns(4)
    inside = (~patterns[None, :, :] | patterns[:, None, :]).all(axis=2)  # [S, T]: T within S
    assert inside @ moebius(v) == pytest.approx(v, abs=1e-9)


@settings(max_examples=20)
@given(arrays(np.float64, (8, 3, 2), elements=st.floats(-5, 5)))
def test_many_games_at_once(v):
    before = v.copy()
    assert shapley(v)[:, 1, 0] == pytest.approx(shapley(v[:, 1, 0]), abs=1e-12)
    assert interactions(v)[:, :, 2, 1] == pytest.approx(interactions(v[:, 2, 1]), abs=1e-12)
    assert (v == before).all()


def test_one_player_and_a_wrong_number_of_coalitions():
    assert shapley(np.array([1.0, 3.0])).tolist() == [2.0]
    assert interactions(np.array([1.0, 3.0])).tolist() == [[2.0]]
    with pytest.raises(ValueError, match=r"2\^M coalitions"):
        n_players(np.zeros(3))
