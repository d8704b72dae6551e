"""Attention to measurements is a weighted mean over those of one channel, and sees nothing else."""

import math

import numpy as np
import torch

from polymodal.nn.reference_points import ReferencePoints


def made() -> tuple[ReferencePoints, tuple[torch.Tensor, ...]]:
    torch.manual_seed(0)
    attention = ReferencePoints(3, 5, 4, 6.0)
    times = torch.rand(2, 9).sort(dim=1).values
    channels = torch.randint(0, 2, (2, 9))
    channels[1] = 2
    mask = torch.arange(9) < torch.tensor([[9], [6]])
    return attention, (times, channels, torch.randn(2, 9) * mask, mask)


@torch.no_grad()
def test_equals_brute_force() -> None:
    attention, (times, channels, values, mask) = made()
    means, near = (found.unflatten(2, (2, 3)).numpy() for found in attention(times, channels, values, mask))
    asking = attention.time(attention.points)
    queries = attention.query(asking).unflatten(1, (2, -1)) / math.sqrt(attention.time.width)
    for row, point, head, channel in np.ndindex(2, 5, 2, 3):
        query = queries[point, head]
        weights, seen = [], []
        for place in range(9):
            if mask[row, place] and channels[row, place] == channel:
                weights.append(math.exp(query @ attention.time(times[row, place])))
                seen.append(values[row, place].item())
        want = np.dot(weights, seen) / sum(weights) if weights else 0.0
        np.testing.assert_allclose(means[row, point, head, channel], want, atol=1e-5)
        alone = math.exp(query @ asking[point])
        np.testing.assert_allclose(near[row, point, head, channel], math.log1p(sum(weights) / alone), atol=1e-4)


@torch.no_grad()
def test_what_is_masked_is_not_seen_whatever_lies_there() -> None:
    attention, (times, channels, values, mask) = made()
    clean = attention(times, channels, values, mask)
    other = attention(torch.where(mask, times, 0.77), torch.where(mask, channels, 1), values, mask)
    assert all(torch.equal(one, two) for one, two in zip(clean, other, strict=True))


@torch.no_grad()
def test_no_measurement_is_lost_however_sharp_attention_gets() -> None:
    attention, (times, channels, values, mask) = made()
    attention.query.weight.mul_(1e4)
    means, near = attention(times, channels, values, mask)
    assert torch.isfinite(means).all()
    assert torch.isfinite(near).all()
    assert means.unflatten(2, (2, 3))[1, :, :, 2].abs().min() > 0
