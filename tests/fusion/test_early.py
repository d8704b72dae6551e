"""The first layer of early fusion is one linear layer over the concatenation."""

import torch
from torch import nn

from polymodal.fusion.early import EarlyFusion

WIDTH = 4


@torch.no_grad()
def test_slices_are_one_layer_over_the_concatenation_with_zeros_and_indicators(full_tokens) -> None:  # type: ignore[no-untyped-def]
    tokens = full_tokens({"a": 1, "b": 2}, 3, WIDTH)
    fusion = EarlyFusion(("a", "b"), WIDTH, 0.0).eval()
    norms, layers = zip(*fusion.slices.values(), strict=True)
    joint = nn.Linear(2 * (WIDTH + 1), WIDTH, bias=False)
    joint.weight.copy_(torch.cat([layer.weight for layer in layers] + [layer.bias[:, None] for layer in layers], dim=1))
    a, b = norms[0](tokens["a"].values), norms[1](tokens["b"].values)
    zeros, one = torch.zeros(3, 1, WIDTH), torch.ones(3, 1, 1)
    first = joint(torch.cat([a, b[:, :1], one, one], dim=2))
    second = joint(torch.cat([zeros, b[:, 1:], 0 * one, one], dim=2))  # a has no second token
    stream = torch.cat([fusion.readout.expand(3, 1, -1), first, second], dim=1)
    for block in fusion.blocks:
        stream = block(stream)
    torch.testing.assert_close(fusion(tokens, 3).values, fusion.norm(stream[:, 0]))


@torch.no_grad()
def test_attention_runs_over_as_many_tokens_as_the_longest_modality_has(full_tokens) -> None:  # type: ignore[no-untyped-def]
    lengths = []
    fusion = EarlyFusion(tuple("abcdefgh"), WIDTH, 0.0).eval()
    fusion.blocks[0].register_forward_pre_hook(lambda _, inputs: lengths.append(inputs[0].shape[1]))
    fusion(full_tokens(dict.fromkeys("abcdefgh", 2), 3, WIDTH), 3)
    assert lengths == [3]  # the two, and the readout
