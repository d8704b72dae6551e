"""Embeddings added up: order, neighbours and padding say nothing; counts and size do."""

import torch

from polymodal.encoders.tokens import TokensEncoder
from polymodal.modalities.tokens import Tokens
from polymodal.schema.batch import Field

BAGS = [{"a": 1.0, "b": 1.0}, {"a": 3.0}, {}, {"c": 1.0, "b": 2.0, "a": 1.0}, {"new": 1.0}]


def made():
    kind = Tokens()
    statistics = kind.measure(BAGS[:4])
    torch.manual_seed(0)
    encoder = TokensEncoder(kind, statistics, 8, 0.0).eval()

    def field(bags: list[dict[str, float]]) -> Field:
        values, mask = kind.collate([kind.prepare(one, statistics) for one in bags], statistics)
        return Field(values, torch.arange(len(bags)), mask)

    return encoder, field


@torch.no_grad()
def test_neighbours_padding_and_order_change_nothing() -> None:
    encoder, field = made()
    together = encoder(field(BAGS)).values
    assert together.shape == (5, 2, 8)
    for row, bag in enumerate(BAGS):
        torch.testing.assert_close(together[row], encoder(field([bag])).values[0], atol=1e-5, rtol=0)
        turned = dict(reversed(bag.items()))
        torch.testing.assert_close(together[row], encoder(field([turned])).values[0], atol=1e-5, rtol=0)


@torch.no_grad()
def test_bags_are_added_as_written_out() -> None:
    encoder, field = made()
    asked = field(BAGS)
    added = (encoder.ids.weight[asked.values[:, :, 0].long()] * asked.values[:, :, 1:]).sum(dim=1)
    sizes = asked.mask.sum(dim=1, keepdim=True)
    told = torch.cat([added / sizes, added / sizes.sqrt(), sizes.log()], dim=1)
    expected = encoder.hidden(told).unflatten(1, (2, -1))
    torch.testing.assert_close(encoder(asked).values, expected, atol=1e-5, rtol=0)


@torch.no_grad()
def test_an_id_never_met_is_one_more_and_nothing_else() -> None:
    encoder, field = made()
    one, other, none = encoder(field([{"new": 1.0}, {"newer": 1.0}, {}])).values
    torch.testing.assert_close(one, other)
    assert (one - none).abs().max() > 1e-4
