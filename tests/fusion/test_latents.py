"""Latents gather by attention, at a cost linear in tokens that subsets share."""

import torch
from torch.utils.flop_counter import FlopCounterMode

from polymodal.fusion.latents import LatentFusion
from polymodal.schema.batch import Tokens

NAMES, WIDTH = ("a", "b"), 8


@torch.no_grad()
def test_sums_are_attention(full_tokens) -> None:  # type: ignore[no-untyped-def]
    """While scores are far from the cap, the latents are given what torch's own attention gives them."""
    tokens = full_tokens({"a": 2, "b": 3}, 1, WIDTH)
    fusion = LatentFusion(NAMES, WIDTH, 0.0).eval()
    kinds = dict(zip(NAMES, fusion.modality, strict=True))
    stream = torch.cat([tokens[name].values + kinds[name] for name in NAMES] + [fusion.always[None, None]], dim=1)
    state = fusion.latents + fusion.gather(fusion.latent_norm(fusion.latents)[None], fusion.token_norm(stream))
    answer = fusion.decode(fusion.readout[None, None], fusion.state_norm(fusion.block(state)))[:, 0]
    expected = fusion.norm(answer + fusion.feed_forward(answer))
    torch.testing.assert_close(fusion(tokens, 1).values, expected, atol=1e-2, rtol=0)


def operations(fusion: LatentFusion, tokens: dict[str, Tokens], subsets: int) -> int:
    fusion.requires_grad_(False)
    rows = len(next(iter(tokens.values())).rows)
    with FlopCounterMode(display=False) as counter:
        fusion.under(tokens, torch.ones(subsets, rows, len(NAMES), dtype=torch.bool))
    return counter.get_total_flops()


def test_cost_is_linear_in_tokens(full_tokens) -> None:  # type: ignore[no-untyped-def]
    fusion = LatentFusion(NAMES, WIDTH, 0.0).eval()
    cost = [operations(fusion, full_tokens({"a": length, "b": length}, 4, WIDTH), 1) for length in (10, 20, 40)]
    assert cost[2] - cost[1] == 2 * (cost[1] - cost[0]) > 0


def test_a_subset_costs_the_same_whatever_the_number_of_tokens(full_tokens) -> None:  # type: ignore[no-untyped-def]
    fusion = LatentFusion(NAMES, WIDTH, 0.0).eval()
    few, many = (full_tokens({"a": length, "b": length}, 4, WIDTH) for length in (1, 50))
    of_a_subset = [operations(fusion, tokens, 3) - operations(fusion, tokens, 2) for tokens in (few, many)]
    assert of_a_subset[0] == of_a_subset[1] > 0


@torch.no_grad()
def test_scores_of_any_size_stay_finite(full_tokens) -> None:  # type: ignore[no-untyped-def]
    fusion = LatentFusion(NAMES, WIDTH, 0.0).eval()
    fusion.gather.query.weight.mul_(1e6)
    kept = torch.tensor([True, False])[:, None, None].expand(2, 4, 2)
    assert torch.isfinite(fusion.under(full_tokens({"a": 2}, 4, WIDTH), kept).values).all()
