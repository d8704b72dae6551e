"""Low-rank updates: nothing at the start, the merged weight after, and nothing else learns."""

import pytest
import torch
from torch import nn

from polymodal.adapters._update import Updated, update
from polymodal.adapters.lora import LoRA
from polymodal.errors import SettingError

LAYERS = {
    "linear": (nn.Linear(6, 4), torch.randn(3, 6, generator=torch.Generator().manual_seed(0))),
    "1 x 1": (nn.Conv2d(6, 4, 1, stride=2), torch.randn(3, 6, 5, 5, generator=torch.Generator().manual_seed(1))),
}


@pytest.fixture(params=LAYERS)
def layer(request):
    base, x = LAYERS[request.param]
    return base.requires_grad_(False), x


def test_nothing_is_changed_at_the_start(layer):
    base, x = layer
    assert torch.equal(Updated(base, LoRA("x", rank=2))(x), base(x))


def test_an_update_is_the_merged_weight(layer):
    base, x = layer
    updated = Updated(base, LoRA("x", rank=2, alpha=6.0))
    nn.init.normal_(updated.up)
    product = updated.up.flatten(1) @ updated.down.flatten(1)
    assert torch.linalg.matrix_rank(product) == 2
    torch.testing.assert_close(updated.weight.flatten(1), base.weight.flatten(1) + 3.0 * product)
    if isinstance(base, nn.Linear):
        merged = nn.functional.linear(x, updated.weight, base.bias)
    else:
        merged = nn.functional.conv2d(x, updated.weight, base.bias, stride=2)
    torch.testing.assert_close(updated(x), merged)


def test_only_the_update_learns(layer):
    base, x = layer
    updated = Updated(base, LoRA("x", rank=2))
    updated(x).square().sum().backward()
    assert {name for name, one in updated.named_parameters() if one.grad is not None} == {"up", "down"}
    assert updated.up.grad.abs().sum() > 0
    assert not updated.down.grad.any(), "A learns once B is no longer zero"


def test_every_suited_layer_of_a_block():
    block = nn.Sequential(nn.Linear(3, 3), nn.Sequential(nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 3), nn.ReLU()),
                          nn.Conv2d(4, 4, 1, groups=2), nn.MultiheadAttention(4, 2))  # fmt: skip
    found = update(block, LoRA("x"))
    assert [type(one.base) for one in found] == [nn.Linear, nn.Conv2d]
    assert block[0] is found[0]


def test_dropout_is_of_the_update_only():
    base = nn.Linear(64, 4)  # wide, so that two draws are never the same
    updated = Updated(base, LoRA("x", dropout=0.5))
    nn.init.normal_(updated.up)
    x = torch.ones(1, 64)
    assert not torch.equal(updated(x), updated(x))
    assert torch.equal(updated.eval()(x), updated(x))


def test_faults_are_told_at_once():
    with pytest.raises(
        SettingError, match=r"rank is a whole number from 1; 0 came; layers .* alpha .* dropout .* base"
    ):
        LoRA("", rank=0, layers=True, alpha=-1, dropout=1.0)
