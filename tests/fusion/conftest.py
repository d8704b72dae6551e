"""Tokens of a few rows that have every modality, for known answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
import torch

from polymodal.schema.batch import Tokens

Draw = Callable[[Mapping[str, int], int, int], dict[str, Tokens]]


@pytest.fixture
def full_tokens() -> Draw:
    """`full_tokens({name: tokens}, rows, width)`: every row has every modality, and every token is real."""

    def draw(lengths: Mapping[str, int], rows: int, width: int) -> dict[str, Tokens]:
        torch.manual_seed(0)
        return {
            name: Tokens(
                torch.randn(rows, length, width), torch.ones(rows, length, dtype=torch.bool), torch.arange(rows)
            )
            for name, length in lengths.items()
        }

    return draw
