"""Learned alignment of recordings of one process at unequal pace."""

import numpy as np
import pytest
import torch

import polymodal as pm
from polymodal.align.clock._consistency_network import cycle_back
from polymodal.errors import DataError, SettingError

cycle = pm.align.clock.cycle
RANDOM = np.random.default_rng(0)


def recording(power: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Curves of a hidden phase that runs from 0 to 1 at its own pace, among features that say nothing; and the "
    "phase."""
    phase = np.linspace(0, 1, n) ** power
    told = np.stack([np.sin(3 * phase), np.cos(4 * phase), np.tanh(6 * (phase - 0.5))], axis=1)
    return np.concatenate([told, 0.3 * RANDOM.normal(size=(n, 3))], axis=1), phase


def test_frames_of_one_phase_come_together() -> None:
    recordings = [recording(power, n) for power, n in ((1.0, 60), (1.6, 70), (0.7, 50))]
    found = cycle([one for one, _ in recordings], steps=100)
    assert found.agreement > 0.85
    assert np.mean(found.losses[-20:]) < np.mean(found.losses[:20])
    (first, phase), (second, other) = recordings[0], recordings[1]
    path = found.apply(first, second).path
    misses = np.abs(phase[path[:, 0]] - other[path[:, 1]])
    assert np.median(misses) < 0.03
    even = np.abs(phase - np.interp(np.linspace(0, 1, 60), np.linspace(0, 1, 70), other))
    assert np.median(misses) < np.median(even) / 3
    assert "Kendall" in str(found)
    found.plot()


def test_the_same_seed_gives_the_same() -> None:
    given = [recording(1.0, 20)[0], recording(1.3, 20)[0]]
    torch.manual_seed(1)
    state = torch.get_rng_state()
    first, second = cycle(given, steps=3), cycle(given, steps=3)
    assert np.array_equal(first.embed(given[0]), second.embed(given[0]))
    assert torch.equal(torch.get_rng_state(), state)


def test_the_loss_is_that_of_the_paper() -> None:
    u, v = torch.tensor(RANDOM.normal(size=(5, 3))), torch.tensor(RANDOM.normal(size=(7, 3)))
    total = 0.0
    for i in range(5):
        alpha = torch.softmax(torch.stack([-((u[i] - one) ** 2).sum() for one in v]) / 0.5, 0)
        near = sum(a * one for a, one in zip(alpha, v, strict=True))
        beta = torch.softmax(torch.stack([-((near - one) ** 2).sum() for one in u]) / 0.5, 0)
        mean = sum(b * k / 4 for k, b in enumerate(beta))
        variance = sum(b * (k / 4 - mean) ** 2 for k, b in enumerate(beta)) + 1e-4
        total += (i / 4 - mean) ** 2 / variance + 0.2 * torch.log(variance.sqrt())
    assert cycle_back(u, v, 0.5, 0.2).item() == pytest.approx(float(total) / 5)


def test_faults() -> None:
    with pytest.raises(DataError, match="it takes two"):
        cycle([np.zeros((9, 2))])
    with pytest.raises(DataError, match="the second sequence has 3 frames"):
        cycle([np.zeros((9, 2)), np.zeros((3, 2))])
    with pytest.raises(DataError, match="1 and 2 features"):
        cycle([np.zeros((9, 2)), np.zeros((9, 1))])
    with pytest.raises(SettingError, match="steps=0"):
        cycle([np.zeros((9, 2)), np.zeros((9, 2))], steps=0)
