"""The axes written on signatures are checked while the suite runs (and only then)."""

import jaxtyping
import pytest
import torch

from polymodal.schema.batch import Tokens


def test_a_wrong_axis_is_caught() -> None:
    values, mask = torch.zeros(2, 3, 4), torch.ones(2, 3, dtype=torch.bool)
    Tokens(values, mask, torch.arange(2))
    with pytest.raises(jaxtyping.TypeCheckError):
        Tokens(values, mask[:, :1], torch.arange(2))
