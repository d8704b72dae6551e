"""Somebody's own module as an encoder: with and without a mask, wrong shapes, saved and loaded."""

import numpy as np
import pytest
import torch
from torch import nn

import polymodal as pm
from polymodal.errors import ArtifactError, SettingError
from polymodal.registry import FUSIONS
from polymodal.testing import random_table

SMALL = {"learners": ["network"], "folds": 2, "epochs": 2, "width": 8}


class Plain(nn.Module):
    """Values `[n, 6]` to `[n, 3]`."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 3)

    def forward(self, values):
        return self.layer(values).tanh()


class Masked(nn.Module):
    """Values `[n, L, 2]` and mask to two tokens `[n, 2, 5]`."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 5)
        self.masks = []

    def forward(self, values, mask):
        assert mask.dtype == torch.bool
        assert mask.shape == values.shape
        self.masks.append(bool(mask.all()))
        count = mask.sum(dim=1).clamp(min=1)
        mean = (values * mask).sum(dim=1) / count
        both = torch.cat([mean, (values**2 * mask).sum(dim=1) / count], dim=1)
        return self.layer(torch.stack([both, both.flip(1)], dim=1))


class Returns(nn.Module):
    """Whatever it was told to."""

    def __init__(self, what):
        super().__init__()
        self.what = what

    def forward(self, values):
        return self.what(values)


@pytest.fixture(scope="module")
def table() -> pm.Table:
    return random_table(np.random.default_rng(0), {"v": "vector", "s": "series"}, rows=20, missing=0.3)


@pytest.mark.parametrize("fusion", FUSIONS.names())
def test_fit_save_load(table, fusion, tmp_path):
    given = {"v": Plain(), "s": Masked()}
    model = pm.Model(fusion, encoders=given, **SMALL).fit(table)
    before = model.predict(table).outputs["target"]
    path = model.save(tmp_path / "model.pm")
    with pytest.raises(ArtifactError, match=r"own encoder for s, v, whose code is not in the file; give it: pm\.load"):
        pm.load(path)
    with pytest.raises(ArtifactError, match="own encoder for s"):
        pm.load(path, encoders={"v": Plain()})
    fresh = {"v": Plain(), "s": Masked()}
    start = fresh["v"].layer.weight.clone()
    loaded = pm.load(path, encoders=fresh)
    np.testing.assert_array_equal(loaded.predict(table).outputs["target"], before)
    assert torch.equal(fresh["v"].layer.weight, start), "the module given is a pattern, not the place of the weights"


def test_another_module_than_it_was_fitted_with(table, tmp_path):
    path = pm.Model(encoders={"v": Plain()}, folds=1, epochs=1, width=8).fit(table).save(tmp_path / "model.pm")
    with pytest.raises(ArtifactError, match="the weights do not fit the network"):
        pm.load(path, encoders={"v": nn.Sequential(nn.Linear(6, 2), nn.Linear(2, 3))})


def test_it_learns(table):
    given = Plain()
    model = pm.Model(encoders={"v": given}, **{**SMALL, "epochs": 20}).fit(table)
    learnt = [network.encoders["v"].module.layer.weight for network in model.networks]
    assert not any(torch.equal(one, given.layer.weight) for one in learnt)
    assert not torch.equal(learnt[0], learnt[1])


@pytest.mark.parametrize(
    ("what", "came"),
    [
        (lambda values: values.sum(), r"\[\] came"),
        (lambda values: values[:, 0], r"\[4\] came"),
        (lambda values: values[:2], r"\[2, 6\] came"),
        (lambda values: values[:, None, None], r"\[4, 1, 1, 6\] came"),
        (lambda values: (values, None), "tuple came"),
        (lambda values: None, "NoneType came"),
    ],
)
def test_a_wrong_shape_is_named(table, what, came):
    with pytest.raises(SettingError, match=rf"encoder of 'v': a tensor \[4, E\] or \[4, T, E\] is expected.*{came}"):
        pm.Model(encoders={"v": Returns(what)}, **SMALL).fit(table)


def test_absent_cells_never_reach_it(table):
    seen = []

    class Counting(Plain):
        def forward(self, values):
            seen.append(len(values))
            return super().forward(values)

    model = pm.Model(encoders={"v": Counting()}, folds=1, epochs=1, width=8).fit(table)
    seen.clear()
    model.predict(table)
    assert seen == [int(table.cells("v").present.sum())]
    seen.clear()
    model.predict([{"s": np.zeros((5, 2))}, {}])
    assert seen == []
