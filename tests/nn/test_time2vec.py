"""A line and waves, as the formula says."""

import math

import torch

from polymodal.nn.time2vec import Time2Vec


def test_equals_its_formula() -> None:
    torch.manual_seed(0)
    time = Time2Vec(4, 0.5, 8.0)
    with torch.no_grad():
        for parameter in time.parameters():
            parameter.add_(torch.randn_like(parameter))
    found = time(torch.tensor([0.3, -2.0]))
    for row, t in enumerate((0.3, -2.0)):
        for place, (w, p) in enumerate(zip(time.speed.tolist(), time.phase.tolist(), strict=True)):
            want = w * t + p if place == 0 else math.sin(w * t + p)
            assert math.isclose(found[row, place].item(), want, abs_tol=1e-5)


def test_at_first_only_the_distance_counts() -> None:
    waves = Time2Vec(8, 0.5, 8.0)(torch.tensor([0.1, 0.4, 1.1, 1.4]))[:, 1:]
    torch.testing.assert_close(waves[0] @ waves[1], waves[2] @ waves[3])
    assert waves[0] @ waves[0] > waves[0] @ waves[1]
