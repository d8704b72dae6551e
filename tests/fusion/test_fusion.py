"""What every fusion does, whichever it is."""

from collections.abc import Mapping

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from polymodal.fusion._fusion import pooled, under_patterns
from polymodal.registry import FUSIONS
from polymodal.schema.batch import Tokens

NAMES, SIZE, WIDTH = ("a", "b", "c"), 7, 8
each_fusion = pytest.mark.parametrize("name", FUSIONS.names())


def draw(seed: int) -> dict[str, Tokens]:
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for place, name in enumerate(NAMES, start=1):
        rows = (torch.rand(SIZE, generator=generator) < 0.6).nonzero()[:, 0]
        mask = torch.rand(len(rows), place, generator=generator) < 0.7
        mask[:, 0] = True
        if len(rows):
            found[name] = Tokens(torch.randn(len(rows), place, WIDTH, generator=generator), mask, rows)
    return found


def without(tokens: Mapping[str, Tokens], kept: torch.Tensor) -> dict[str, Tokens]:
    """The tokens of rows that never had what `kept [B, M]` hides."""
    left = {}
    for name, one in tokens.items():
        stays = kept[one.rows, NAMES.index(name)]
        if stays.any():
            left[name] = Tokens(one.values[stays], one.mask[stays], one.rows[stays])
    return left


@each_fusion
@given(seed=st.integers(0, 2**16))
@torch.no_grad()
def test_hidden_is_never_there(name, seed):  # type: ignore[no-untyped-def]
    torch.manual_seed(seed)
    fusion, tokens = FUSIONS.get(name)(NAMES, WIDTH, 0.0).eval(), draw(seed)
    kept = torch.rand(3, SIZE, len(NAMES)) < 0.5
    together = fusion.under(tokens, kept)
    for subset, one in enumerate(kept):
        alone = fusion(without(tokens, one), SIZE)
        rows = slice(subset * SIZE, (subset + 1) * SIZE)
        torch.testing.assert_close(together.values[rows], alone.values, atol=5e-6, rtol=0)
        assert torch.equal(together.known[rows], alone.known)


@each_fusion
@torch.no_grad()
def test_padding_cannot_be_seen(name: str) -> None:
    torch.manual_seed(0)
    fusion, tokens = FUSIONS.get(name)(NAMES, WIDTH, 0.0).eval(), draw(0)
    spoilt = {
        key: Tokens(one.values.masked_fill(~one.mask[:, :, None], float("nan")), one.mask, one.rows)
        for key, one in tokens.items()
    }
    assert torch.equal(fusion(tokens, SIZE).values, fusion(spoilt, SIZE).values)


@each_fusion
def test_rows_with_nothing_are_zero_and_said_to_be_unknown(name: str) -> None:
    fused = FUSIONS.get(name)(NAMES, WIDTH, 0.0)({}, 4)
    assert not fused.known.any()
    assert not fused.values.any()
    assert fused.values.shape == (4, WIDTH)


@each_fusion
@pytest.mark.parametrize("count", [1, 3])
def test_every_weight_learns_from_one_token_a_modality(name: str, count: int) -> None:
    torch.manual_seed(0)
    fusion, real = FUSIONS.get(name)(NAMES[:count], WIDTH, 0.0), torch.ones(SIZE, 1, dtype=torch.bool)
    tokens = {key: Tokens(torch.randn(SIZE, 1, WIDTH), real, torch.arange(SIZE)) for key in NAMES[:count]}
    (fusion(tokens, SIZE).values * torch.randn(SIZE, WIDTH)).sum().backward()
    still = [key for key, weight in fusion.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert not still


def test_pooled_is_the_mean_of_the_real_tokens() -> None:
    values = torch.tensor([[[1.0], [3.0], [float("nan")]]])
    tokens = Tokens(values, torch.tensor([[True, True, False]]), torch.tensor([0]))
    assert pooled(tokens).tolist() == [[2.0]]


def test_patterns_number_their_rows_one_pattern_after_the_other() -> None:
    tokens = {"a": Tokens(torch.tensor([[[1.0]], [[2.0]]]), torch.ones(2, 1, dtype=torch.bool), torch.tensor([0, 2]))}
    kept = torch.tensor([[[True], [True], [True]], [[False], [True], [True]]])
    shown = under_patterns(tokens, kept, ("a",))["a"]
    assert shown.rows.tolist() == [0, 2, 5]
    assert shown.values.flatten().tolist() == [1.0, 2.0, 2.0]
