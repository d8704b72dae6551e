"""Which patterns are asked of a model."""

import numpy as np
import pytest

from polymodal.lattice import COMPLETE_UP_TO, requested_patterns


@pytest.mark.parametrize("n_modalities", [1, 3, COMPLETE_UP_TO])
def test_every_pattern_while_modalities_are_few(n_modalities: int) -> None:
    patterns, permutations = requested_patterns(n_modalities, 8, 0)
    assert permutations is None
    assert len(np.unique(patterns, axis=0)) == len(patterns) == 2**n_modalities
    assert not patterns[0].any()
    assert patterns[-1].all()


def test_beyond_that_the_chains_of_orders_that_come_in_pairs() -> None:
    n, samples = 15, 6
    patterns, permutations = requested_patterns(n, samples, 0)
    assert permutations is not None
    assert permutations.shape == (samples, n)
    np.testing.assert_array_equal(permutations[1::2], permutations[::2, ::-1])
    have = {tuple(row) for row in patterns.tolist()}
    assert len(have) == len(patterns) <= samples * (n + 1)
    for order in permutations:
        pattern = np.zeros(n, dtype=bool)
        assert tuple(pattern.tolist()) in have
        for modality in order:
            pattern[modality] = True
            assert tuple(pattern.tolist()) in have
    assert not patterns[0].any()
    assert patterns[-1].all()


def test_the_seed_decides() -> None:
    one, again, other = (requested_patterns(15, 4, seed)[1] for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
