"""Any column name will do, and weights find their way back."""

import pytest
import torch
from torch import nn

from polymodal.nn.named import Named

NAMES = ["type", "train", "a.b", "a", "of a", "", "Größe [µm]", "50%", "x/y", "keys"]


def test_names_come_back_in_order() -> None:
    parts = Named({name: nn.Linear(1, 1) for name in NAMES})
    assert list(parts) == NAMES
    assert len(parts) == len(NAMES)
    assert [name for name, _ in parts.items()] == NAMES
    assert "type" in parts
    assert "tipe" not in parts
    assert len(list(parts.parameters())) == 2 * len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_weights_load_under_their_names(name: str) -> None:
    one, other = (Named({name: nn.Linear(2, 2)}) for _ in range(2))
    other.load_state_dict(one.state_dict())
    assert torch.equal(one[name].weight, other[name].weight)
