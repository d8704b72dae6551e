"""A missing number is not a zero, and what stands in its place cannot be seen."""

import torch

from polymodal.encoders.vector import VectorEncoder
from polymodal.modalities.vector import Vector, VectorStatistics
from polymodal.schema.batch import Field


def encoder() -> VectorEncoder:
    torch.manual_seed(0)
    made = VectorEncoder(Vector(), VectorStatistics(is_log=False, mean=(0.0,) * 4, std=(1.0,) * 4), 8, 0.0).eval()
    torch.nn.init.normal_(made.missing.weight)
    return made


@torch.no_grad()
def test_missing_is_not_zero() -> None:
    values = torch.tensor([[1.0, 0.0, 2.0, 3.0]]).expand(2, -1)
    mask = torch.tensor([[True, True, True, True], [True, False, True, True]])
    zero, missing = encoder()(Field(values, torch.arange(2), mask)).values
    assert (zero - missing).abs().max() > 1e-4


@torch.no_grad()
def test_a_row_is_alone_in_its_batch() -> None:
    made, values, mask = encoder(), torch.randn(3, 4), torch.tensor([[True] * 4, [False, True, True, True], [True] * 4])
    values = values.masked_fill(~mask, 0.0)
    together = made(Field(values, torch.arange(3), mask)).values
    for row in range(3):
        alone = made(Field(values[row : row + 1], torch.arange(1), mask[row : row + 1])).values
        torch.testing.assert_close(together[row], alone[0], atol=1e-6, rtol=0)
