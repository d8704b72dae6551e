"""Gates share out among what is there."""

import torch

from polymodal.fusion._fusion import pooled
from polymodal.fusion.gated import GatedFusion

WIDTH = 4


@torch.no_grad()
def test_a_lone_modality_is_passed_on(full_tokens) -> None:  # type: ignore[no-untyped-def]
    for names in [("a", "b", "c"), ("a",)]:
        tokens = full_tokens({"a": 2}, 5, WIDTH)
        fusion = GatedFusion(names, WIDTH, 0.0).eval()
        expected = torch.tanh(fusion.voices["a"](pooled(tokens["a"])))
        torch.testing.assert_close(fusion(tokens, 5).values, expected)


@torch.no_grad()
def test_of_two_the_gate_is_a_sigmoid(full_tokens) -> None:  # type: ignore[no-untyped-def]
    tokens = full_tokens({"a": 1, "b": 1}, 5, WIDTH)
    fusion = GatedFusion(("a", "b"), WIDTH, 0.0).eval()
    a, b = (torch.tanh(fusion.voices[name](tokens[name].values[:, 0])) for name in "ab")
    heard = torch.nn.functional.gelu(sum(fusion.hints[name](tokens[name].values[:, 0]) for name in "ab"))
    gate = torch.sigmoid(fusion.gates["a"](heard) - fusion.gates["b"](heard))
    torch.testing.assert_close(fusion(tokens, 5).values, gate * a + (1 - gate) * b)


@torch.no_grad()
def test_an_absent_modality_has_no_share_however_high_its_score(full_tokens) -> None:  # type: ignore[no-untyped-def]
    tokens = full_tokens({"a": 1, "b": 1}, 5, WIDTH)
    fusion = GatedFusion(("a", "b", "c"), WIDTH, 0.0).eval()
    before = fusion(tokens, 5).values
    fusion.gates["c"].bias.fill_(1e4)
    assert torch.equal(fusion(tokens, 5).values, before)
