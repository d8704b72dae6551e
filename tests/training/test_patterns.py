"""Patterns are drawn uniformly from what a row has, and none is empty."""

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from polymodal.training.patterns import uniform_patterns, validation_patterns


@pytest.mark.parametrize("present", [[True, True, True], [True, False, True], [False, True, False]])
def test_every_non_empty_subset_is_as_likely(present: list[bool]) -> None:
    n, draws = sum(present), 14_000
    drawn = uniform_patterns(torch.tensor([present] * draws), torch.Generator().manual_seed(0))
    assert not (drawn & ~torch.tensor(present)).any()
    codes = drawn[:, torch.tensor(present)].long() @ (1 << torch.arange(n))
    counts = np.bincount(codes.numpy(), minlength=2**n)
    assert counts[0] == 0
    if n > 1:
        assert chisquare(counts[1:]).pvalue > 0.001


def test_a_row_with_nothing_keeps_nothing() -> None:
    assert not uniform_patterns(torch.zeros(5, 3, dtype=torch.bool)).any()


def test_the_seed_decides() -> None:
    present = torch.ones(50, 4, dtype=torch.bool)
    one, again, other = (uniform_patterns(present, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_validation_sees_every_pattern_while_they_are_few_and_the_full_one_last() -> None:
    few = validation_patterns(3)
    assert len({tuple(row) for row in few.tolist()}) == 7
    assert few[-1].all()
    assert few.any(dim=1).all()


@pytest.mark.parametrize("n_modalities", [6, 40, 100])
def test_validation_samples_where_patterns_are_many(n_modalities: int) -> None:
    many = validation_patterns(n_modalities)
    assert many.shape == (32, n_modalities)
    assert many[-1].all()
    assert many.any(dim=1).all()
    assert torch.equal(many, validation_patterns(n_modalities))
