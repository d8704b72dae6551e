"""Concatenation tells absent from zero."""

import torch

from polymodal.fusion.concat import ConcatFusion
from polymodal.schema.batch import Tokens


@torch.no_grad()
def test_absent_is_not_a_zero_vector() -> None:
    torch.manual_seed(0)
    fusion = ConcatFusion(("a", "b"), 4, 0.0).eval()
    one = torch.ones(1, 1, dtype=torch.bool)
    a = Tokens(torch.randn(1, 1, 4), one, torch.tensor([0]))
    zero = Tokens(torch.zeros(1, 1, 4), one, torch.tensor([0]))
    absent, blank = fusion({"a": a}, 1).values, fusion({"a": a, "b": zero}, 1).values
    assert (absent - blank).abs().max() > 1e-3
    slots, _, _, _, _ = fusion.mix
    difference = slots(torch.eye(10)[9]) - slots.bias  # b's indicator is the last input; its slot is zero in both
    before = torch.cat([fusion.norms["a"](a.values[0, 0]), torch.zeros(4), torch.tensor([1.0, 0.0])])
    torch.testing.assert_close(slots(before) + difference, slots(before + torch.eye(10)[9]))
