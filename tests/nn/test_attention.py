"""Blocks against torch's own, with the same weights."""

import pytest
import torch
from torch import nn

from polymodal.nn.attention import Attention, AttentionPool, Block
from polymodal.nn.packing import pack
from polymodal.schema.batch import Tokens

B, L, D, HEADS = 3, 5, 8, 2


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def as_torch(attention: Attention) -> nn.MultiheadAttention:
    theirs = nn.MultiheadAttention(D, HEADS, batch_first=True)
    theirs.in_proj_weight = nn.Parameter(torch.cat([attention.query.weight, attention.key_value.weight]))
    theirs.in_proj_bias = nn.Parameter(torch.cat([attention.query.bias, attention.key_value.bias]))
    theirs.out_proj.load_state_dict(attention.out.state_dict())
    return theirs


def seen() -> torch.Tensor:
    mask = torch.rand(B, L) < 0.6
    mask[:, 0] = True
    return mask


def test_attention_is_torchs() -> None:
    ours, queries, context, mask = Attention(D, HEADS), torch.randn(B, 4, D), torch.randn(B, L, D), seen()
    theirs, _ = as_torch(ours)(queries, context, context, key_padding_mask=~mask)
    torch.testing.assert_close(ours(queries, context, mask), theirs)
    theirs, _ = as_torch(ours)(queries, context, context)
    torch.testing.assert_close(ours(queries, context), theirs)


def test_block_is_torchs_pre_norm_layer() -> None:
    ours, tokens, mask = Block(D, HEADS, dropout=0.0), torch.randn(B, L, D), seen()
    theirs = nn.TransformerEncoderLayer(D, HEADS, 2 * D, 0.0, "gelu", batch_first=True, norm_first=True)
    theirs.self_attn = as_torch(ours.attention)
    theirs.norm1, theirs.norm2 = ours.attention_norm, ours.feed_forward[0]
    theirs.linear1, theirs.linear2 = ours.feed_forward[1], ours.feed_forward[4]
    expected = theirs(tokens, src_key_padding_mask=~mask)
    torch.testing.assert_close(ours(tokens, mask)[mask], expected[mask])


def test_packed_block_is_the_dense_one_and_its_first_tokens_those_of_the_full_one() -> None:
    block, tokens, mask = Block(D, HEADS, dropout=0.0), torch.randn(B, L, D), seen()
    packed = pack([Tokens(tokens, mask, torch.arange(B))], B)
    full = block.packed(packed.values, packed.buckets)
    dense = block(tokens, mask)
    torch.testing.assert_close(full, torch.cat([dense[row][mask[row]] for row in packed.rows]))
    first = block.packed(packed.values, packed.buckets, only=packed.firsts)
    torch.testing.assert_close(first, full[packed.firsts])


def test_what_is_hidden_cannot_be_seen() -> None:
    attention, queries, context, mask = Attention(D, HEADS), torch.randn(B, 1, D), torch.randn(B, L, D), seen()
    other = torch.where(mask[:, :, None], context, torch.randn(()))
    assert torch.equal(attention(queries, context, mask), attention(queries, other, mask))


def test_pool_is_a_weighted_mean_by_hand() -> None:
    pool, tokens, mask = AttentionPool(D, 2), torch.randn(B, L, D), seen()
    weight, bias = pool.values.weight.view(2, D, D), pool.values.bias.view(2, D)
    for row in range(B):
        real = tokens[row][mask[row]]
        shares = torch.softmax(pool.scores(real), dim=0)
        for one in range(2):
            expected = weight[one] @ (shares[:, one] @ real) + bias[one]
            torch.testing.assert_close(pool(tokens, mask)[row, one], expected)


def test_pool_starts_near_the_plain_mean() -> None:
    pool, tokens = AttentionPool(D, 1), torch.randn(B, L, D)
    torch.testing.assert_close(pool(tokens, None)[:, 0], pool.values(tokens.mean(dim=1)), atol=0.1, rtol=0)
