"""Texts of any length side by side; order matters, padding does not."""

import pytest
import torch

from polymodal.encoders.text import TextEncoder
from polymodal.modalities.text import Text
from polymodal.schema.batch import Field

SAMPLES = ["dog bites man", "man bites dog", "", "a much longer text about a dog that bites nobody at all"]


@pytest.fixture
def encode():  # type: ignore[no-untyped-def]
    kind = Text()
    statistics = kind.measure(SAMPLES)
    torch.manual_seed(0)
    made = TextEncoder(kind, statistics, 8, 0.0).eval()

    def run(some: list[str]) -> torch.Tensor:
        values, mask = kind.collate([kind.prepare(one, statistics) for one in some], statistics)
        return made(Field(values, torch.arange(len(some)), mask)).values

    return run


@torch.no_grad()
def test_padding_to_a_longer_neighbour_changes_nothing(encode) -> None:  # type: ignore[no-untyped-def]
    together = encode(SAMPLES)
    for row, sample in enumerate(SAMPLES):
        torch.testing.assert_close(together[row], encode([sample])[0], atol=1e-5, rtol=0)


@torch.no_grad()
def test_the_order_of_words_matters(encode) -> None:  # type: ignore[no-untyped-def]
    one, other = encode(SAMPLES[:2])
    assert (one - other).abs().max() > 1e-4


@torch.no_grad()
def test_empty_and_unheard_of_texts_are_finite_and_differ(encode) -> None:  # type: ignore[no-untyped-def]
    tokens = encode(["", "zebra", "雨"])
    assert torch.isfinite(tokens).all()
    assert (tokens[0] - tokens[1]).abs().max() > 1e-4
    assert (tokens[1] - tokens[2]).abs().max() > 1e-4
