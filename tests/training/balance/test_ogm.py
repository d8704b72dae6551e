"""The coefficient by hand, the score by hand, and the noise by its spread."""

import math

import pytest
import torch

from polymodal.fusion._fusion import pooled
from polymodal.training.balance import ogm
from polymodal.training.balance.ogm import GradientModulation, coefficients


def test_the_one_ahead_is_damped_by_the_papers_formula() -> None:
    found = coefficients(torch.tensor([0.8, 0.4]), strength=0.3)
    assert found.tolist() == pytest.approx([1 - math.tanh(0.3 * 0.8 / 0.4), 1.0])


def test_among_three_the_others_are_averaged() -> None:
    found = coefficients(torch.tensor([0.9, 0.5, 0.1]), strength=0.3)
    assert found.tolist() == pytest.approx([1 - math.tanh(0.3 * 0.9 / 0.3), 1.0, 1.0])


@pytest.mark.parametrize("scores", [[0.5, 0.5], [0.7], [0.0, 0.0]])
def test_nobody_ahead_nobody_damped(scores) -> None:
    assert coefficients(torch.tensor(scores)).tolist() == [1.0] * len(scores)


def test_gradients_of_a_network(network, losses, monkeypatch) -> None:
    scores = []
    for name in losses.alone:
        tokens = losses.tokens[name]
        said = network.alone[name]["target"].head(pooled(tokens)).softmax(dim=1)
        true = losses.batch.labels["target"].values[tokens.rows].long()
        scores.append(said[torch.arange(len(true)), true].mean())
    expected = coefficients(torch.stack(scores)).tolist()
    assert min(expected) < 1.0
    encoders = {name: list(network.encoders[name].parameters()) for name in losses.alone}
    plain = {name: torch.autograd.grad(losses.total, own, retain_graph=True) for name, own in encoders.items()}
    monkeypatch.setattr(ogm.torch, "randn_like", torch.zeros_like)  # the noise has its own test
    balance = GradientModulation(list(losses.alone), 1)
    balance.begin([])
    balance.backward(network, losses, torch.Tensor.backward)
    assert balance.finish(network, None, None, None)["coefficients"] == pytest.approx(expected)
    for coefficient, (name, own) in zip(expected, encoders.items(), strict=True):
        for weight, gradient in zip(own, plain[name], strict=True):
            torch.testing.assert_close(weight.grad, coefficient * gradient)


def test_the_noise_is_as_large_as_the_gradient(network, losses) -> None:
    torch.manual_seed(0)
    name = next(iter(losses.alone))
    weight = max(network.encoders[name].parameters(), key=torch.Tensor.numel)
    [plain] = torch.autograd.grad(losses.total, [weight], retain_graph=True)
    balance, noise = GradientModulation(list(losses.alone), 1), []
    for _ in range(300):
        network.zero_grad()
        balance.begin([])
        balance.backward(network, losses, lambda loss: loss.backward(retain_graph=True))
        coefficient = balance.finish(network, None, None, None)["coefficients"][0]
        noise.append(weight.grad - coefficient * plain)
    spread = torch.stack(noise).std().item()
    assert spread == pytest.approx(plain.std(unbiased=False).item(), rel=0.05)
