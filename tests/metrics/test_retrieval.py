"""Ranks by sorting; recall and medians of them; the closed forms of how a space is filled."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from polymodal.metrics.retrieval import alignment, median_rank, modality_gap, ranks, recall_at, uniformity


@given(n=st.integers(1, 8), k=st.integers(8, 12), seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_ranks_are_places_in_the_sorted_list(n: int, k: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    query, candidates = random.normal(size=(n, 4)), random.normal(size=(k, 4))
    order = np.argsort(-(query @ candidates.T), axis=1)
    expected = [int(np.flatnonzero(order[i] == i)[0]) for i in range(n)]
    assert ranks(query, candidates).tolist() == expected
    own, keys = random.integers(0, k, n), random.integers(0, 4, k)
    first = [int((keys[order[i]] == keys[own[i]]).argmax()) for i in range(n)]
    assert ranks(query, candidates, own, keys).tolist() == first


def test_a_space_that_fell_together_finds_nothing() -> None:
    same = np.ones((101, 3))
    assert recall_at(ranks(same, same), 1) == 0.0
    assert median_rank(ranks(same, same)) == 51.0


def test_recall_grows_with_k() -> None:
    found = np.array([0.0, 1.0, 5.0, 9.0])
    assert [recall_at(found, k) for k in (1, 5, 10)] == [0.25, 0.5, 1.0]
    assert median_rank(found) == 4.0


def test_vectors_spread_over_a_sphere_are_more_uniform_than_a_heap() -> None:
    random = np.random.default_rng(0)
    spread = random.normal(size=(500, 3))
    spread /= np.linalg.norm(spread, axis=1, keepdims=True)
    heap = np.tile([[1.0, 0.0, 0.0]], (500, 1))
    # On the sphere of three dimensions the mean of exp(-2 d^2) is (1 - exp(-8)) / 8.
    np.testing.assert_allclose(uniformity(spread), np.log((1 - np.exp(-8)) / 8), atol=0.05)
    assert abs(uniformity(heap)) < 1e-12


def test_distance_of_pairs_and_of_means() -> None:
    first, second = np.eye(2), -np.eye(2)
    assert alignment(first, second) == 4.0
    np.testing.assert_allclose(modality_gap([first, second]), np.sqrt(2))
