"""Attention pooling against the softmax written out."""

import torch

from polymodal.fusion.attention import HEADS, AttentionFusion
from polymodal.schema.batch import Tokens

WIDTH = 8


def by_softmax(fusion: AttentionFusion, tokens: torch.Tensor) -> torch.Tensor:
    """The pooled vector of one row from its tokens `[L, D]`, head by head."""
    stream = torch.cat([tokens, fusion.always])
    value, score = fusion.offer(stream).split([WIDTH, HEADS], dim=1)
    shares = torch.softmax(30 * torch.tanh(score / 30), dim=0)
    return torch.cat([shares[:, h] @ value.view(len(stream), HEADS, -1)[:, h] for h in range(HEADS)])


@torch.no_grad()
def test_sums_are_the_softmax() -> None:
    torch.manual_seed(0)
    fusion = AttentionFusion(("a", "b"), WIDTH, 0.0).eval()
    values = {"a": torch.randn(1, 2, WIDTH), "b": torch.randn(1, 3, WIDTH)}
    rows = torch.tensor([0])
    tokens = {name: Tokens(one, torch.ones(one.shape[:2], dtype=torch.bool), rows) for name, one in values.items()}
    stream = torch.cat([values[name][0] + fusion.modality[place] for place, name in enumerate(("a", "b"))])
    state = fusion.out(by_softmax(fusion, stream))
    expected = fusion.norm(state + fusion.feed_forward(state))
    torch.testing.assert_close(fusion(tokens, 1).values[0], expected)


@torch.no_grad()
def test_scores_of_any_size_stay_finite() -> None:
    fusion = AttentionFusion(("a",), WIDTH, 0.0).eval()
    fusion.offer[1].weight.mul_(1e6)
    tokens = {"a": Tokens(torch.randn(4, 2, WIDTH), torch.ones(4, 2, dtype=torch.bool), torch.arange(4))}
    kept = torch.tensor([True, False])[:, None, None].expand(2, 4, 1)
    assert torch.isfinite(fusion.under(tokens, kept).values).all()
