"""Law 12: packed, padded and one-row-at-a-time agree to 1e-5."""

from collections.abc import Mapping

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from polymodal.fusion.transformer import TransformerFusion
from polymodal.nn.attention import Block
from polymodal.registry import FUSIONS
from polymodal.schema.batch import Tokens

WIDTH, NAMES = 8, ("a", "b", "c", "d")


def as_torch(block: Block) -> nn.TransformerEncoderLayer:
    """The same weights in torch's own pre-norm layer."""
    layer = nn.TransformerEncoderLayer(
        WIDTH, block.attention.heads, 2 * WIDTH, 0.0, "gelu", batch_first=True, norm_first=True
    )
    norm, widen, _, _, narrow = block.feed_forward
    layer.self_attn.in_proj_weight = nn.Parameter(
        torch.cat([block.attention.query.weight, block.attention.key_value.weight])
    )
    layer.self_attn.in_proj_bias = nn.Parameter(torch.cat([block.attention.query.bias, block.attention.key_value.bias]))
    layer.self_attn.out_proj = block.attention.out  # type: ignore[assignment]
    layer.norm1, layer.norm2, layer.linear1, layer.linear2 = block.attention_norm, norm, widen, narrow
    return layer.train()  # without its fused inference path; there is no dropout


def padded(fusion: TransformerFusion, tokens: Mapping[str, Tokens], size: int) -> Tensor:
    """The fusion written plainly: a slot for every token of every modality, and a key-padding mask."""
    stream, mask = [fusion.readout.expand(size, 1, -1)], [torch.ones(size, 1, dtype=torch.bool)]
    for name, one in tokens.items():
        slots = torch.zeros(size, one.values.shape[1], WIDTH)
        real = torch.zeros(size, one.values.shape[1], dtype=torch.bool)
        slots[one.rows] = one.values + fusion.modality[fusion.names.index(name)]
        real[one.rows] = one.mask
        stream.append(slots)
        mask.append(real)
    values, seen = torch.cat(stream, dim=1), torch.cat(mask, dim=1)
    for block in fusion.blocks:
        values = as_torch(block)(values, src_key_padding_mask=~seen)
    answer = fusion.norm(values[:, 0])
    return torch.where(seen[:, 1:].any(dim=1, keepdim=True), answer, torch.zeros(()))


def random_tokens(seed: int, size: int, share: float) -> dict[str, Tokens]:
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for place, name in enumerate(NAMES):
        rows = torch.nonzero(torch.rand(size, generator=generator) < share).flatten()
        mask = torch.rand(len(rows), place + 1, generator=generator) < 0.7
        mask[:, 0] = True
        if len(rows):
            found[name] = Tokens(torch.randn(len(rows), place + 1, WIDTH, generator=generator), mask, rows)
    return found


def only(tokens: Mapping[str, Tokens], row: int) -> dict[str, Tokens]:
    found = {}
    for name, one in tokens.items():
        here = one.rows == row
        if here.any():
            found[name] = Tokens(one.values[here], one.mask[here], one.rows[here] * 0)
    return found


@given(seed=st.integers(0, 2**16), size=st.integers(1, 40), share=st.sampled_from([0.1, 0.5, 1.0]))
@torch.no_grad()
def test_packed_is_padded(seed, size, share):
    torch.manual_seed(seed)
    fusion = TransformerFusion(NAMES, WIDTH, 0.0).eval()
    tokens = random_tokens(seed, size, share)
    packed = fusion(tokens, size)
    torch.testing.assert_close(packed.values, padded(fusion, tokens, size), atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", FUSIONS.names())
@given(seed=st.integers(0, 2**16), size=st.integers(1, 20), share=st.sampled_from([0.1, 0.5, 1.0]))
@torch.no_grad()
def test_packed_is_one_row_at_a_time(name, seed, size, share):
    torch.manual_seed(seed)
    fusion = FUSIONS.get(name)(NAMES, WIDTH, 0.0).eval()
    tokens = random_tokens(seed, size, share)
    together = fusion(tokens, size)
    alone = [fusion(only(tokens, row), 1) for row in range(size)]
    torch.testing.assert_close(together.values, torch.cat([one.values for one in alone]), atol=1e-5, rtol=0)
    assert torch.equal(together.known, torch.cat([one.known for one in alone]))
    present = {int(row) for one in tokens.values() for row in one.rows}
    assert together.known.tolist() == [row in present for row in range(size)]


@pytest.mark.parametrize("name", FUSIONS.names())
@given(seed=st.integers(0, 2**16), size=st.integers(1, 12), share=st.sampled_from([0.3, 1.0]))
@torch.no_grad()
def test_many_subsets_at_once_are_one_at_a_time(name, seed, size, share):
    torch.manual_seed(seed)
    fusion = FUSIONS.get(name)(NAMES, WIDTH, 0.0).eval()
    tokens = random_tokens(seed, size, share)
    present = torch.zeros(size, len(NAMES), dtype=torch.bool)
    for modality, one in tokens.items():
        present[one.rows, NAMES.index(modality)] = True
    kept = present & (torch.rand(5, size, len(NAMES), generator=torch.Generator().manual_seed(seed)) < 0.5)
    together = fusion.under(tokens, kept)
    for place, subset in enumerate(kept):
        rest = {}
        for modality, one in tokens.items():
            here = subset[one.rows, NAMES.index(modality)]
            if here.any():
                rest[modality] = Tokens(one.values[here], one.mask[here], one.rows[here])
        alone, part = fusion(rest, size), slice(place * size, (place + 1) * size)
        torch.testing.assert_close(together.values[part], alone.values, atol=1e-5, rtol=0)
        assert torch.equal(together.known[part], alone.known)
