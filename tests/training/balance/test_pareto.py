"""The shortest mean of two gradients in closed form, and what becomes of it in a network."""

import math

import pytest
import torch

from polymodal.training.balance.pareto import ParetoBalance, merge, min_norm_share


@pytest.mark.parametrize(
    ("one", "two", "share"),
    [
        ([1.0, 0.0], [0.0, 1.0], 0.5),
        ([1.0, 0.0], [-1.0, 0.0], 0.5),
        ([2.0, 0.0], [0.0, 1.0], 0.2),  # |two|^2 / (|one|^2 + |two|^2) at a right angle
        ([1.0, 0.0], [-1.0, 2.0], 0.75),
        ([1.0, 0.0], [3.0, 0.0], 1.0),  # the shorter one itself
        ([3.0, 1.0], [1.0, 0.0], 0.0),
        ([0.0, 0.0], [0.0, 0.0], 0.0),
    ],
)
def test_min_norm_in_closed_form(one, two, share) -> None:
    assert min_norm_share(torch.tensor(one), torch.tensor(two)).item() == pytest.approx(share)


def test_min_norm_against_a_grid() -> None:
    generator = torch.Generator().manual_seed(0)
    grid = torch.linspace(0, 1, 2001, dtype=torch.float64)
    for _ in range(20):
        one, two = torch.randn(2, 5, dtype=torch.float64, generator=generator)
        lengths = (grid[:, None] * one + (1 - grid)[:, None] * two).norm(dim=1)
        assert min_norm_share(one, two).item() == pytest.approx(grid[lengths.argmin()].item(), abs=5e-4)


def test_in_conflict_it_serves_both_and_is_as_long_as_the_sum() -> None:
    generator = torch.Generator().manual_seed(0)
    n_conflicts = 0
    for _ in range(50):
        joint, alone = torch.randn(2, 6, dtype=torch.float64, generator=generator)
        merged = merge(joint, alone)
        assert merged.norm().item() == pytest.approx((joint + alone).norm().item())
        if joint @ alone < 0:
            n_conflicts += 1
            assert merged @ joint >= -1e-9
            assert merged @ alone >= -1e-9
        else:
            torch.testing.assert_close(merged, joint + alone)
    assert n_conflicts > 5


def test_of_opposite_gradients_nothing_is_blown_up() -> None:
    one = torch.tensor([0.1, 0.7, -0.3])
    assert merge(one, -3 * one).norm() < 1e-5
    assert torch.equal(merge(torch.zeros(2), torch.zeros(2)), torch.zeros(2))


def test_gradients_of_a_network(network, losses) -> None:
    names = list(network.encoders)
    weights = {name: list(network.encoders[name].parameters()) for name in names}
    expected = {}
    for name in names:
        both = [
            torch.cat([one.flatten() for one in torch.autograd.grad(loss, weights[name], retain_graph=True)])
            for loss in (losses.joint, losses.alone[name])
        ]
        expected[name] = merge(*both)
    heads = list(network.alone[names[0]].parameters())
    plain = torch.autograd.grad(losses.alone[names[0]], heads, retain_graph=True)
    balance = ParetoBalance(names, 1)
    balance.begin([])
    total = balance.backward(network, losses, torch.Tensor.backward)
    for name in names:
        torch.testing.assert_close(torch.cat([one.grad.flatten() for one in weights[name]]), expected[name])
    for head, gradient in zip(heads, plain, strict=True):
        torch.testing.assert_close(head.grad, gradient)
    assert total.item() == pytest.approx(losses.joint.item() + sum(one.item() for one in losses.alone.values()))
    assert all(
        0 <= share <= 1 and math.isfinite(share) for share in balance.finish(network, None, None, None)["conflicts"]
    )
