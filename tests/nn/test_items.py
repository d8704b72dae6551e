"""Tokens of items against attention pooling written out row by row."""

import pytest
import torch

from polymodal.nn.items import ItemPool
from polymodal.schema.batch import Tokens

WIDTH = 8


@pytest.fixture
def pool() -> ItemPool:
    torch.manual_seed(0)
    made = ItemPool(WIDTH)
    with torch.no_grad():
        for weight in made.parameters():
            weight.add_(0.5 * torch.randn_like(weight))
    return made


def tokens(rows: list[int], seed: int = 0, gaps: bool = False) -> Tokens:
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(len(rows), 3, WIDTH, generator=generator)
    mask = torch.rand(len(rows), 3, generator=generator) > 0.3 if gaps else torch.ones(len(rows), 3, dtype=torch.bool)
    return Tokens(values, mask, torch.tensor(rows))


def by_hand(pool: ItemPool, items: torch.Tensor) -> torch.Tensor:
    """One token `[D]` of a row whose items have `[n, D]`."""
    shares = torch.softmax(pool.scores(torch.tanh(pool.seen(items))), dim=0)
    parts = [(shares[:, head, None] * items[:, head * 2 : head * 2 + 2]).sum(dim=0) for head in range(shares.shape[1])]
    return torch.cat(parts) + torch.log(torch.tensor(float(len(items)))) * pool.counted(items.mean(dim=0))


@pytest.mark.parametrize("gaps", [False, True])
def test_attention_pooling_written_out(pool, gaps):
    given = tokens([0, 0, 0, 2, 5, 5], gaps=gaps)
    found = pool(given)
    assert found.rows.tolist() == [0, 2, 5]
    for place, row in enumerate(found.rows):
        for slot in range(3):
            here = (given.rows == row) & given.mask[:, slot]
            assert bool(found.mask[place, slot]) == bool(here.any())
            if here.any():
                torch.testing.assert_close(found.values[place, slot], by_hand(pool, given.values[here, slot]))


def test_one_item_stays_as_it_is(pool):
    given = tokens([1, 3, 4])
    assert torch.equal(pool(given).values, given.values)


def test_order_says_nothing(pool):
    given = tokens([0, 0, 0, 1, 1])
    order = torch.tensor([2, 0, 1, 4, 3])
    torch.testing.assert_close(pool(Tokens(given.values[order], given.mask, given.rows)).values, pool(given).values)


def test_doubling_every_item_says_only_that_they_are_more(pool):
    given = tokens([0, 0])
    twice = Tokens(given.values.repeat(2, 1, 1), given.mask.repeat(2, 1), torch.zeros(4, dtype=torch.int64))
    more = torch.log(torch.tensor(2.0)) * pool.counted(given.values.mean(dim=0))
    torch.testing.assert_close(pool(twice).values[0], pool(given).values[0] + more)


def test_a_row_does_not_see_its_neighbours(pool):
    given = tokens([0, 0, 3, 3, 3, 7])
    together = pool(given)
    for place, row in enumerate((0, 3, 7)):
        here = given.rows == row
        alone = pool(Tokens(given.values[here], given.mask[here], given.rows[here]))
        torch.testing.assert_close(alone.values[0], together.values[place])


def test_what_is_no_token_is_not_seen(pool):
    given = tokens([0, 0, 1], gaps=True)
    odd = Tokens(given.values.masked_fill(~given.mask[:, :, None], 1e30), given.mask, given.rows)
    assert torch.equal(pool(odd).values, pool(given).values)


def test_starts_as_the_plain_mean():
    torch.manual_seed(0)
    pool, given = ItemPool(WIDTH), tokens([0, 0, 0])
    torch.nn.init.zeros_(pool.scores.weight)
    torch.testing.assert_close(pool(given).values[0], given.values.mean(dim=0))


@pytest.mark.parametrize(("width", "heads"), [(8, 4), (6, 3), (7, 1), (2, 2)])
def test_heads_divide_the_width(width, heads):
    assert ItemPool(width).heads == heads
