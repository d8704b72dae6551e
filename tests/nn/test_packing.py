"""The packed stream holds each row's own tokens, in order, and nothing else."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from polymodal.nn.packing import MAX_BUCKETS, pack
from polymodal.schema.batch import Tokens

SIZE = 12


def numbered(seed: int, slots: list[int], share: float) -> list[Tokens]:
    """Tokens of one number each, different everywhere; NaN where padded."""
    generator = torch.Generator().manual_seed(seed)
    made, start = [], 1
    for width in slots:
        rows = (torch.rand(SIZE, generator=generator) < share).nonzero()[:, 0]
        mask = torch.rand(len(rows), width, generator=generator) < 0.7
        values = torch.arange(start, start + mask.numel(), dtype=torch.float32).view(-1, width)
        start += mask.numel()
        made.append(Tokens(values.masked_fill(~mask, float("nan"))[:, :, None], mask, rows))
    return made


def of_row(tokens: list[Tokens], row: int) -> list[float]:
    found: list[float] = []
    for one in tokens:
        for values, mask, owner in zip(one.values, one.mask, one.rows, strict=True):
            if owner == row:
                found += values[mask][:, 0].tolist()
    return found


many = given(
    seed=st.integers(0, 2**16),
    slots=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    share=st.sampled_from([0.0, 0.3, 0.9, 1.0]),
)


@many
def test_buckets_hold_each_rows_tokens_and_no_others(seed, slots, share):  # type: ignore[no-untyped-def]
    tokens = numbered(seed, slots, share)
    packed = pack(tokens, SIZE)
    assert not packed.values.isnan().any()
    assert len(packed.buckets) <= MAX_BUCKETS
    met = []
    for bucket in packed.buckets:
        dense, rows = bucket.dense(packed.values), packed.rows[bucket.rows]
        assert dense.shape[:2] == (len(rows), bucket.length)
        assert not dense.isnan().any()
        real = torch.ones(dense.shape[:2], dtype=torch.bool) if bucket.mask is None else bucket.mask
        for block, own, row in zip(dense, real, rows.tolist(), strict=True):
            assert block[own][:, 0].tolist() == of_row(tokens, row)
            met.append(row)
    assert sorted(met) == [row for row in range(SIZE) if of_row(tokens, row)]


@many
def test_dense_and_back(seed, slots, share):  # type: ignore[no-untyped-def]
    packed = pack(numbered(seed, slots, share), SIZE)
    for bucket in packed.buckets:
        assert torch.equal(bucket.flat(bucket.dense(packed.values)), packed.values[bucket.tokens])


@many
def test_source_and_first_tokens(seed, slots, share):  # type: ignore[no-untyped-def]
    tokens = numbered(seed, slots, share)
    packed = pack(tokens, SIZE)
    for value, source in zip(packed.values[:, 0], packed.source, strict=True):
        assert (tokens[source].values == value).any()
    assert packed.values[packed.firsts, 0].tolist() == [of_row(tokens, row)[0] for row in packed.rows.tolist()]


def test_few_lengths_need_no_padding() -> None:
    tokens = Tokens(
        torch.zeros(SIZE, 8, 1), torch.arange(8) < (torch.arange(SIZE) % 8 + 1)[:, None], torch.arange(SIZE)
    )
    assert all(bucket.mask is None for bucket in pack([tokens], SIZE).buckets)


def test_what_padding_costs_is_little() -> None:
    lengths = torch.arange(1, 41)
    tokens = Tokens(torch.zeros(40, 40, 1), torch.arange(40) < lengths[:, None], torch.arange(40))
    packed = pack([tokens], 40)
    room = sum(bucket.length * (bucket.rows.stop - bucket.rows.start) for bucket in packed.buckets)
    assert len(packed.buckets) == MAX_BUCKETS
    assert room < 1.15 * lengths.sum()


def test_gradients_reach_every_token_once() -> None:
    values = torch.randn(SIZE, 3, 4, requires_grad=True)
    tokens = Tokens(values, torch.rand(SIZE, 3) < 0.5, torch.arange(SIZE))
    pack([tokens], SIZE).values.sum().backward()
    assert values.grad is not None
    assert torch.equal(values.grad, tokens.mask[:, :, None].expand_as(values).float())
