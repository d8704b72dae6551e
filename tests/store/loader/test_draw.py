import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polymodal.errors import SettingError
from polymodal.store.loader.draw import balancing_weights, checked_weights, drawn


@given(st.lists(st.floats(0, 10), min_size=1, max_size=40), st.integers(0, 5))
def test_each_row_comes_as_often_as_expected_rounded_up_or_down(weights: list[float], epoch: int) -> None:
    given_weights = np.array(weights)
    if not given_weights.sum() > 1e-3:
        given_weights = given_weights + 1.0
    counts = np.bincount(drawn(given_weights, 0, epoch), minlength=len(weights))
    expected = given_weights / given_weights.sum() * len(weights)
    assert counts.sum() == len(weights)
    assert (np.abs(counts - expected) < 1 + 1e-6).all()


def test_over_epochs_frequencies_are_those_of_the_weights() -> None:
    weights = np.array([0.0, 1.0, 1.0, 6.0])
    counts = sum(np.bincount(drawn(weights, 0, epoch), minlength=4) for epoch in range(400))
    assert counts[0] == 0
    np.testing.assert_allclose(counts / counts.sum(), weights / 8, atol=0.02)


def test_every_combination_weighs_the_same() -> None:
    keys = [np.array([0, 0, 0, 1, 1, -1]), np.array([0, 0, 1, 0, 0, 0])]
    assert balancing_weights(keys).tolist() == [0.5, 0.5, 1.0, 0.5, 0.5, 0.0]


@pytest.mark.parametrize("weights", [[1.0], [1.0, -1.0], [0.0, 0.0], [np.nan, 1.0]])
def test_weights_that_cannot_be_are_refused(weights: list[float]) -> None:
    with pytest.raises(SettingError, match="finite number from 0"):
        checked_weights(np.array(weights), 2)
