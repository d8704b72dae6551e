"""Places as waves: near ones look alike, far ones do not, and the waves are those of the seed."""

import numpy as np
import torch

from polymodal.encoders.place import SCALES, PlaceEncoder, _encoded
from polymodal.modalities.place import Place
from polymodal.schema.batch import Field


def made(samples: list[np.ndarray], seed: int = 0):
    kind = Place()
    statistics = kind.measure(samples)
    torch.manual_seed(seed)
    encoder = PlaceEncoder(kind, statistics, 8, 0.0).eval()
    values, _ = kind.collate([kind.prepare(one, statistics) for one in samples], statistics)
    return encoder, Field(values, torch.arange(len(samples)), None)


@torch.no_grad()
def test_near_places_look_alike_across_the_seam() -> None:
    encoder, field = made([np.array(one) for one in ([10, 179.9999], [10, -179.9999], [10, 170.0], [-60, 20.0])])
    tokens = encoder(field).values
    assert tokens.shape == (4, 2, 8)
    torch.testing.assert_close(tokens[0], tokens[1], atol=1e-3, rtol=0)
    assert (tokens[0] - tokens[2]).abs().max() > 1e-2
    assert (tokens[0] - tokens[3]).abs().max() > 1e-2


@torch.no_grad()
def test_products_of_waves_are_gaussian_bumps() -> None:
    """Rahimi and Recht: the mean product of random waves is the kernel that their lengths were drawn from."""
    torch.manual_seed(0)
    waves = SCALES[1] * torch.randn(3, 20_000)
    points = torch.nn.functional.normalize(torch.randn(20, 3), dim=1)
    encoded = _encoded(points, waves)[:, 3:]
    squares = torch.cdist(points, points) ** 2
    torch.testing.assert_close(
        encoded @ encoded.T / (2 * waves.shape[1]), torch.exp(-(SCALES[1] ** 2) * squares / 2), atol=0.03, rtol=0
    )


def test_waves_are_saved() -> None:
    encoder, field = made([np.zeros(2), np.array([10.0, 20.0])])
    other, _ = made([np.zeros(2), np.array([10.0, 20.0])], seed=1)
    other.load_state_dict(encoder.state_dict())
    torch.testing.assert_close(other.eval()(field).values, encoder(field).values, atol=0, rtol=0)
