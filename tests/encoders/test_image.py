"""Pictures of any size on the way, each by itself."""

import pytest
import torch

from polymodal.encoders.image import ImageEncoder
from polymodal.modalities.image import Image, ImageStatistics
from polymodal.schema.batch import Field


def encoder(side: int) -> ImageEncoder:
    torch.manual_seed(0)
    return ImageEncoder(Image(), ImageStatistics(side=side, mean=(0.5,) * 3, std=(0.25,) * 3), 8, 0.0)


@pytest.mark.parametrize("side", [8, 16, 24, 40, 64])
def test_tokens_and_gradients_at_every_size(side: int) -> None:
    made = encoder(side)
    tokens = made(Field(torch.randn(2, 3, side, side), torch.arange(2)))
    assert tokens.values.shape[0] == 2
    assert tokens.values.shape[2] == 8
    tokens.values.square().sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in made.parameters())


@torch.no_grad()
def test_a_picture_is_alone_in_its_batch() -> None:
    made, pictures = encoder(16).eval(), torch.randn(4, 3, 16, 16)
    together = made(Field(pictures, torch.arange(4))).values
    for row in range(4):
        alone = made(Field(pictures[row : row + 1], torch.arange(1))).values
        torch.testing.assert_close(together[row], alone[0], atol=1e-5, rtol=0)


@torch.no_grad()
def test_pictures_vary_in_training_only() -> None:
    made, field = encoder(16), Field(torch.randn(2, 3, 16, 16), torch.arange(2))
    assert not torch.equal(made(field).values, made(field).values)
    made.eval()
    assert torch.equal(made(field).values, made(field).values)
