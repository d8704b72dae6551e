"""Modalities meet in the shared tokens and nowhere else."""

import torch

from polymodal.fusion.bottleneck import SHARED, BottleneckFusion

NAMES, WIDTH = ("a", "b", "c"), 8


@torch.no_grad()
def test_it_is_the_paper_s_recursion(full_tokens) -> None:  # type: ignore[no-untyped-def]
    tokens = full_tokens({"a": 1, "c": 3}, 5, WIDTH)
    fusion = BottleneckFusion(NAMES, WIDTH, 0.0).eval()
    shared = fusion.shared.expand(5, -1, -1)
    own = {name: one.values for name, one in tokens.items()}
    for blocks in (fusion.first, fusion.second):
        seen = {name: blocks[name](torch.cat([shared, values], dim=1)) for name, values in own.items()}
        shared = sum(values[:, :SHARED] for values in seen.values()) / len(seen)
        own = {name: values[:, SHARED:] for name, values in seen.items()}
    torch.testing.assert_close(fusion(tokens, 5).values, fusion.norm(shared.mean(dim=1)))


@torch.no_grad()
def test_the_first_blocks_run_once_for_all_subsets(full_tokens) -> None:  # type: ignore[no-untyped-def]
    fusion = BottleneckFusion(NAMES, WIDTH, 0.0).eval()
    seen: dict[str, list[int]] = {"first": [], "second": []}
    for stage, counts in seen.items():
        block = getattr(fusion, stage)["a"]
        block.register_forward_pre_hook(lambda _, inputs, counts=counts: counts.append(len(inputs[0])))
    fusion.under(full_tokens(dict.fromkeys(NAMES, 2), 5, WIDTH), torch.ones(7, 5, 3, dtype=torch.bool))
    assert seen == {"first": [5], "second": [35]}
