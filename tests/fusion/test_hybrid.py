"""Hybrid fusion is late fusion and a residual for several."""

import torch

from polymodal.fusion.hybrid import HybridFusion

NAMES, WIDTH = ("a", "b", "c"), 4


@torch.no_grad()
def test_a_lone_modality_is_late_fusion(full_tokens) -> None:  # type: ignore[no-untyped-def]
    for names in [NAMES, ("a",)]:
        tokens = full_tokens({"a": 2}, 5, WIDTH)
        fusion = HybridFusion(names, WIDTH, 0.0).eval()
        assert torch.equal(fusion(tokens, 5).values, fusion.late(tokens, 5).values)


@torch.no_grad()
def test_of_several_it_is_the_sum(full_tokens) -> None:  # type: ignore[no-untyped-def]
    tokens = full_tokens({"a": 2, "c": 1}, 5, WIDTH)
    fusion = HybridFusion(NAMES, WIDTH, 0.0).eval()
    assert fusion.joint is not None
    expected = fusion.late(tokens, 5).values + fusion.residual(fusion.joint(tokens, 5).values)
    torch.testing.assert_close(fusion(tokens, 5).values, expected)
