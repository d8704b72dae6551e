"""A mixture of one expert is a plain layer; the router sees what is missing."""

import pytest
import torch

from polymodal.fusion import mixture
from polymodal.fusion.mixture import MixtureFusion

NAMES, WIDTH = ("a", "b"), 4


@torch.no_grad()
def test_one_expert_is_a_plain_layer(full_tokens, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(mixture, "EXPERTS", 1)
    tokens = full_tokens({"a": 1, "b": 1}, 5, WIDTH)
    fusion = MixtureFusion(NAMES, WIDTH, 0.0).eval()
    together = sum(fusion.voices[name](tokens[name].values[:, 0]) for name in NAMES)
    expected = fusion.norm(together + fusion.experts[0](fusion.heard(together)))
    torch.testing.assert_close(fusion(tokens, 5).values, expected)


@torch.no_grad()
def test_experts_alike_are_one(full_tokens) -> None:  # type: ignore[no-untyped-def]
    tokens = full_tokens({"a": 1, "b": 1}, 5, WIDTH)
    fusion = MixtureFusion(NAMES, WIDTH, 0.0).eval()
    for expert in fusion.experts:
        expert.load_state_dict(fusion.experts[0].state_dict())
    together = sum(fusion.voices[name](tokens[name].values[:, 0]) for name in NAMES)
    expected = fusion.norm(together + fusion.experts[0](fusion.heard(together)))
    torch.testing.assert_close(fusion(tokens, 5).values, expected)


@torch.no_grad()
def test_the_router_can_go_by_the_pattern_alone(full_tokens) -> None:  # type: ignore[no-untyped-def]
    """`b` says nothing, and its being there still sends the row to another expert."""
    tokens = full_tokens({"a": 1, "b": 1}, 5, WIDTH)
    fusion = MixtureFusion(NAMES, WIDTH, 0.0).eval()
    for parameter in fusion.voices["b"].parameters():
        parameter.zero_()
    into, _, out = fusion.router
    for parameter in fusion.router.parameters():
        parameter.zero_()
    into.weight[0, WIDTH + NAMES.index("b")] = 1.0
    out.weight[1, 0], out.bias[0] = 1e3, 100.0
    shares: list[torch.Tensor] = []
    fusion.router.register_forward_hook(lambda *given: shares.append(torch.softmax(given[2], dim=2)))
    alone, both = fusion({"a": tokens["a"]}, 5).values, fusion(tokens, 5).values
    assert [one[0, 0].round().tolist() for one in shares] == [[1, 0, 0, 0], [0, 1, 0, 0]]
    assert not torch.allclose(alone, both)


def test_every_expert_learns_from_every_row(full_tokens) -> None:  # type: ignore[no-untyped-def]
    fusion = MixtureFusion(NAMES, WIDTH, 0.0)
    fusion(full_tokens({"a": 1}, 1, WIDTH), 1).values[:, 0].sum().backward()
    for expert in fusion.experts:
        assert all(parameter.grad is not None and parameter.grad.any() for parameter in expert.parameters())
