"""Main directions against numpy's singular value decomposition."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from polymodal.features._reduction import principal_directions


def low_rank(rows: int = 40, columns: int = 30, rank: int = 4) -> np.ndarray:
    random = np.random.default_rng(0)
    return random.normal(size=(rows, rank)) * 3.0 ** np.arange(rank) @ random.normal(size=(rank, columns))


@pytest.mark.parametrize("form", [np.asarray, csr_matrix])
def test_directions_are_the_right_singular_vectors(form):
    matrix = low_rank()
    _, _, exact = np.linalg.svd(matrix)
    found = principal_directions(form(matrix), 4, seed=0)
    np.testing.assert_allclose(np.abs(found.T @ exact[:4].T), np.eye(4), atol=1e-4)
    assert (found[np.abs(found).argmax(axis=0), np.arange(4)] > 0).all()


def test_as_many_directions_as_the_rank_lose_nothing():
    matrix = low_rank()
    found = principal_directions(matrix, 4, seed=0)
    np.testing.assert_allclose(matrix @ found @ found.T, matrix, atol=1e-3)


def test_the_same_seed_gives_the_same_directions():
    matrix = np.random.default_rng(0).normal(size=(50, 40))
    np.testing.assert_array_equal(principal_directions(matrix, 5, seed=1), principal_directions(matrix, 5, seed=1))


@pytest.mark.parametrize(("shape", "expected"), [((5, 0), (0, 0)), ((1, 7), (7, 1)), ((3, 2), (2, 2))])
def test_never_more_than_rows_or_columns(shape, expected):
    assert principal_directions(np.ones(shape), 64, seed=0).shape == expected


def test_a_matrix_of_zeros_has_finite_directions():
    assert np.isfinite(principal_directions(np.zeros((6, 9)), 3, seed=0)).all()
