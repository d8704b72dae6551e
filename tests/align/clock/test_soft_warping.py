"""Soft-DTW against its recursion, its limit, and differences for its gradient."""

import numpy as np
import pytest
import torch

import polymodal as pm
from polymodal.errors import DataError, SettingError

soft_dtw = pm.align.clock.soft_dtw
RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(6, 2)), RANDOM.normal(size=(8, 2))


def recursion(x: np.ndarray, y: np.ndarray, gamma: float) -> float:
    cost = np.full((len(x) + 1, len(y) + 1), np.inf)
    cost[0, 0] = 0
    for i in range(len(x)):
        for j in range(len(y)):
            ways = np.array([cost[i, j], cost[i, j + 1], cost[i + 1, j]])
            cost[i + 1, j + 1] = ((x[i] - y[j]) ** 2).sum() - gamma * np.log(np.exp(-ways / gamma).sum())
    return float(cost[-1, -1])


@pytest.mark.parametrize("gamma", [0.1, 1.0, 5.0])
def test_equal_to_the_recursion(gamma: float) -> None:
    found = soft_dtw(X, Y, gamma=gamma, divergence=False)
    assert found == pytest.approx(recursion(X, Y, gamma))
    apart = recursion(X, Y, gamma) - (recursion(X, X, gamma) + recursion(Y, Y, gamma)) / 2
    assert soft_dtw(X, Y, gamma=gamma) == pytest.approx(apart)
    assert soft_dtw(torch.tensor(X), torch.tensor(Y), gamma=gamma).item() == pytest.approx(apart)


def test_the_limit_is_dtw() -> None:
    cost = np.full((7, 9), np.inf)
    cost[0, 0] = 0
    for i, j in np.ndindex(6, 8):
        cost[i + 1, j + 1] = ((X[i] - Y[j]) ** 2).sum() + min(cost[i, j], cost[i, j + 1], cost[i + 1, j])
    assert soft_dtw(X, Y, gamma=1e-4, divergence=False) == pytest.approx(cost[-1, -1], abs=1e-3)


def test_the_gradient_is_that_of_differences() -> None:
    x, y = (torch.tensor(one[None].repeat(2, axis=0), requires_grad=True) for one in (X[:3], Y[:3]))
    assert torch.autograd.gradcheck(lambda a, b: soft_dtw(a, b, gamma=0.5), (x, y))
    assert torch.autograd.gradcheck(lambda a, b: soft_dtw(a, b, gamma=0.5, band=0.3), (x, y))


def test_the_divergence_is_least_at_equal_sequences() -> None:
    same = torch.tensor(X, requires_grad=True)
    soft_dtw(torch.tensor(X), same).backward()
    assert same.grad is not None
    assert same.grad.abs().max() < 1e-12
    for _ in range(5):
        assert soft_dtw(X, X + 0.1 * RANDOM.normal(size=X.shape)) > 0


def test_batches_and_faults() -> None:
    both = soft_dtw(np.stack([X, Y[:6]]), np.stack([Y, Y]))
    assert both == pytest.approx([soft_dtw(X, Y), soft_dtw(Y[:6], Y)])
    with pytest.raises(DataError, match=r"\[6, 2\] and \[8, 1\] came"):
        soft_dtw(X, Y[:, 0])
    with pytest.raises(SettingError, match="take dtw"):
        soft_dtw(X, Y, gamma=0)
    with pytest.raises(SettingError, match="from 0 to 1"):
        soft_dtw(X, Y, band=2)


def test_one_channel_arrays_beside_tensors_and_what_is_no_number() -> None:
    assert soft_dtw(X[:, 0], Y[:, 0]) == soft_dtw(X[:, :1], Y[:, :1])
    mixed = soft_dtw(X, torch.tensor(Y, requires_grad=True))
    assert mixed.requires_grad
    assert mixed.item() == pytest.approx(soft_dtw(X, Y))
    with pytest.raises(DataError, match="second sequence has 1 value that is NaN or infinite"):
        soft_dtw([1.0, 2.0], [1.0, None])
    with pytest.raises(DataError, match="first sequence does not hold numbers"):
        soft_dtw(["a"], [1.0])
