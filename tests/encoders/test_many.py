"""Encoders over several items a cell, against the encoder of one."""

import numpy as np
import pytest
import torch

import polymodal as pm
from polymodal.encoders._many import ManyEncoder
from polymodal.registry import ENCODERS
from polymodal.schema.batch import Field
from polymodal.schema.many import Many

RANDOM = np.random.default_rng(0)
PICTURES = [RANDOM.integers(0, 256, (12, 12, 3), dtype=np.uint8) for _ in range(6)]
NOTES = ["calm sea", "a storm of some length came up at night", "rain", "no rain at all", "cold", "wind and more wind"]
KINDS = {"image": (pm.Image(size=8), PICTURES), "text": (pm.Text(), NOTES)}
CELLS = [[0, 1, 2], [3], [4, None, 5]]


@pytest.fixture(params=list(KINDS))
def several(request):
    """Cells of several items, and one encoder over them with every weight set."""
    of, raws = KINDS[request.param]
    many = Many(of=of)
    cells = [[None if one is None else raws[one] for one in cell] for cell in CELLS]
    statistics = many.measure(cells)
    torch.manual_seed(0)
    encoder = ManyEncoder(ENCODERS.get(of.encoder)(of, statistics.of, 8, 0.0), 8).eval()
    with torch.no_grad():
        for weight in encoder.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    return many, statistics, encoder, cells


def packed(many, statistics, cells, rows) -> Field:
    return many.pack([many.prepare(cell, statistics) for cell in cells], statistics, np.array(rows))


def test_each_item_there_is_packed_once(several):
    many, statistics, _, cells = several
    field = packed(many, statistics, cells, [1, 4, 6])
    assert field.rows.tolist() == [1, 1, 1, 4, 6, 6]
    assert len(field.values) == 6


def test_packed_equals_one_row_at_a_time(several):
    many, statistics, encoder, cells = several
    together = encoder(packed(many, statistics, cells, [0, 1, 2]).cleared())
    for row, cell in enumerate(cells):
        alone = encoder(packed(many, statistics, [cell], [row]).cleared())
        assert alone.rows.tolist() == [row]
        torch.testing.assert_close(alone.values[0], together.values[row], atol=1e-5, rtol=1e-5)


def test_one_item_is_what_the_plain_cell_is(several):
    many, statistics, encoder, cells = several
    one = [[cell[0]] for cell in cells]
    arrays = [many.of.prepare(cell[0], statistics.of) for cell in one]
    plain = encoder.item(many.of.pack(arrays, statistics.of, np.arange(3)).cleared())
    assert torch.equal(encoder(packed(many, statistics, one, [0, 1, 2]).cleared()).values, plain.values)


def test_order_and_gaps_say_nothing(several):
    many, statistics, encoder, cells = several
    turned = [[None, *reversed(cell), None] for cell in cells]
    before = encoder(packed(many, statistics, cells, [0, 1, 2]).cleared())
    after = encoder(packed(many, statistics, turned, [0, 1, 2]).cleared())
    torch.testing.assert_close(after.values, before.values, atol=1e-5, rtol=1e-5)
