"""Low-rank fusion is the contraction of the whole outer product with the whole weight tensor."""

import pytest
import torch

from polymodal.fusion.low_rank import RANK, LowRankFusion

WIDTH, ROWS = 4, 3


def by_outer_product(fusion: LowRankFusion, vectors: dict[str, torch.Tensor]) -> torch.Tensor:
    """`[ROWS, WIDTH]` from the tensor of all products of features, each vector with a 1 appended."""
    outer, weight = torch.ones(ROWS, 1), torch.ones(RANK, WIDTH, 1)
    for name, vector in vectors.items():
        layer = fusion.factors[name]
        with_one = torch.cat([vector, torch.ones(ROWS, 1)], dim=1)
        outer = (outer[:, :, None] * with_one[:, None, :]).flatten(1)
        own = torch.cat([layer.weight, 1 + layer.bias[:, None]], dim=1).view(RANK, WIDTH, -1)
        weight = (weight[..., :, None] * own[..., None, :]).flatten(2)
    return outer @ weight.mean(dim=0).T


@pytest.mark.parametrize("present", ["a", "ab", "bc", "abc"])
@torch.no_grad()
def test_it_is_the_contraction(full_tokens, present: str) -> None:  # type: ignore[no-untyped-def]
    tokens = full_tokens(dict.fromkeys(present, 1), ROWS, WIDTH)
    fusion = LowRankFusion(("a", "b", "c"), WIDTH, 0.0).eval()
    for factor in fusion.factors.values():
        factor.bias.normal_()
    vectors = {name: fusion.cells[name](one.values[:, 0]) for name, one in tokens.items()}
    expected = fusion.norm(by_outer_product(fusion, vectors))
    torch.testing.assert_close(fusion(tokens, ROWS).values, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("count", [1, 8, 32])
def test_a_product_of_many_keeps_its_scale(full_tokens, count: int) -> None:  # type: ignore[no-untyped-def]
    names = tuple(f"m{place:02}" for place in range(count))
    tokens = full_tokens(dict.fromkeys(names, 1), 64, 16)
    fusion = LowRankFusion(names, 16, 0.0)
    products: list[torch.Tensor] = []
    fusion.norm.register_forward_pre_hook(lambda _, inputs: products.append(inputs[0].detach()))
    fusion(tokens, 64).values.sum().backward()
    assert 0.1 < products[0].std() < 3.0
    assert all(torch.isfinite(p.grad).all() for p in fusion.parameters())
