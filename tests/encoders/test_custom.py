"""Somebody's own module is looked at without leaving a trace in it."""

import torch
from torch import nn

from polymodal.encoders._custom import output_features
from polymodal.schema.batch import Field


class Counting(nn.Module):
    """Keeps one part frozen, and counts how often it was called."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(3).eval()
        self.layer = nn.Linear(3, 5)
        self.calls = 0

    def forward(self, values):
        self.calls += 1
        return self.layer(self.norm(values))


def test_the_callers_module_stays_as_it_is() -> None:
    module = Counting()
    assert output_features(module, Field(torch.zeros(4, 3), torch.arange(4)), "v") == 5
    assert (module.training, module.norm.training, module.calls) == (True, False, 0)


def test_a_module_is_asked_on_its_own_device() -> None:
    field = Field(torch.zeros(4, 3), torch.arange(4))
    assert output_features(Counting().to("meta"), field, "v") == 5
