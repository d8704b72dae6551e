"""Each pair is torch's own attention with a key of zero added."""

import torch
from torch import nn

from polymodal.fusion.cross import HEADS, CrossFusion
from polymodal.schema.batch import Tokens

NAMES, WIDTH, ROWS = ("a", "b", "c"), 8, 4


def by_pairs(fusion: CrossFusion, tokens: dict[str, Tokens]) -> torch.Tensor:
    """The answers of rows that have all of `tokens`, pair by pair."""
    total = torch.zeros(ROWS, WIDTH)
    for name, one in tokens.items():
        heard = torch.zeros_like(one.values)
        for other, context in tokens.items():
            pair = nn.MultiheadAttention(WIDTH, HEADS, add_zero_attn=True, batch_first=True)
            query, both = fusion.queries[name], fusion.keys_values[other]
            pair.in_proj_weight = nn.Parameter(torch.cat([query.weight, both.weight]))
            pair.in_proj_bias = nn.Parameter(torch.cat([query.bias, both.bias]))
            pair.out_proj.weight, pair.out_proj.bias = nn.Parameter(torch.eye(WIDTH)), nn.Parameter(torch.zeros(WIDTH))
            asked = fusion.norms[other](context.values)
            heard += pair(fusion.norms[name](one.values), asked, asked, need_weights=False)[0]
        state = one.values + fusion.out(heard / len(tokens))
        total += fusion.voices[name]((state + fusion.feed_forward(state)).mean(dim=1))
    return fusion.norm(total)


@torch.no_grad()
def test_it_is_attention_pair_by_pair(full_tokens) -> None:  # type: ignore[no-untyped-def]
    fusion = CrossFusion(NAMES, WIDTH, 0.0).eval()
    for lengths in ({"a": 1}, {"a": 2, "c": 1}, {"a": 2, "b": 3, "c": 1}):
        tokens = full_tokens(lengths, ROWS, WIDTH)
        torch.testing.assert_close(fusion(tokens, ROWS).values, by_pairs(fusion, tokens), atol=1e-5, rtol=0)
