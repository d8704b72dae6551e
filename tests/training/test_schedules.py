"""What each schedule shows, counted; and that every one of them trains, repeats and resumes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from polymodal.training.patterns import uniform_patterns
from polymodal.training.schedules import SCHEDULES, Curriculum, Rates, Uniform

FULL = torch.ones(12_000, 3, dtype=torch.bool)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def counts(kept: torch.Tensor) -> np.ndarray:
    """How often each of the subsets of three modalities came, by the number whose bits they are."""
    return np.bincount((kept.long() @ torch.tensor([1, 2, 4])).numpy(), minlength=8)


def test_uniform_is_what_uniform_patterns_draws() -> None:
    drawn = Uniform(np.ones((1, 3), dtype=bool)).draw(FULL, 0.7)
    torch.manual_seed(0)
    assert torch.equal(drawn, uniform_patterns(FULL))


def test_rates_follow_the_rows() -> None:
    rows = np.array([[True, True, True]] * 5 + [[True, False, True]] * 3 + [[False, True, False]] * 2)
    found = counts(Rates(rows).draw(FULL, 0.0))
    assert found[[0, 1, 3, 4, 6]].sum() == 0
    assert chisquare(found[[7, 5, 2]], len(FULL) * np.array([0.5, 0.3, 0.2])).pvalue > 0.001


def test_rates_are_those_of_rows_that_share_something() -> None:
    rows = np.array([[True, True, False]] * 3 + [[True, False, False]] + [[False, False, True]] * 6)
    present = torch.tensor([[True, True, False]] * 4_000)
    found = counts(Rates(rows).draw(present, 0.0))
    assert found[[3, 1]].sum() == 4_000
    assert chisquare(found[[3, 1]], [3_000, 1_000]).pvalue > 0.001


def test_a_row_that_shares_nothing_keeps_what_it_has() -> None:
    present = torch.tensor([[False, True], [False, False]])
    assert torch.equal(Rates(np.array([[True, False]] * 9)).draw(present, 0.0), present)


@pytest.mark.parametrize(
    ("done", "sizes"),
    [(0.0, [0, 0, 1]), (0.25, [0, 0.5, 0.5]), (0.375, [0.2, 0.4, 0.4]), (0.5, [1 / 3] * 3), (1.0, [1 / 3] * 3)],
)
def test_a_curriculum_takes_ever_more_away(done: float, sizes: list[float]) -> None:
    drawn = Curriculum(np.ones((1, 3), dtype=bool)).draw(FULL, done)
    found = np.bincount(drawn.sum(dim=1).numpy(), minlength=4)
    expected = np.array(sizes) * len(FULL)
    assert not found[1:][expected == 0].any()
    assert found[0] == 0
    if (expected > 0).sum() > 1:
        assert chisquare(found[1:][expected > 0], expected[expected > 0]).pvalue > 0.001
    alone = counts(drawn)[[1, 2, 4]]
    assert not alone.any() or chisquare(alone).pvalue > 0.001


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("done", [0.0, 0.3, 1.0])
def test_part_of_what_is_there_and_never_nothing(name: str, done: float) -> None:
    present = torch.rand(500, 5) < 0.4
    schedule = SCHEDULES[name](present[:20].numpy())
    drawn = schedule.draw(present, done)
    assert not (drawn & ~present).any()
    assert torch.equal(drawn.any(dim=1), present.any(dim=1))


@pytest.mark.parametrize("name", SCHEDULES)
def test_trains_repeats_and_resumes(name: str, tmp_path: Path, broken_off) -> None:
    broken_off({"patterns": name}, tmp_path / "run")
