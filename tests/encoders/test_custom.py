"""Somebody's own module is looked at without leaving a trace in it."""

import pytest
import torch
from torch import nn

from polymodal.encoders._custom import output_features
from polymodal.errors import SettingError
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


@pytest.mark.parametrize(
    ("field", "says"),
    [
        (Field(torch.zeros(4, 7), torch.arange(4)), r"'v': Linear does not take the values \[4, 7\] \(float32\): mat1"),
        (Field(torch.zeros(4, 3, dtype=torch.int64), torch.arange(4)), r"values \[4, 3\] \(int64\): mat1"),
    ],
)
def test_a_module_that_takes_something_else_is_told_what_came(field: Field, says: str) -> None:
    with pytest.raises(SettingError, match=says):
        output_features(nn.Linear(3, 5), field, "v")
