"""Every setting out of range is refused before anything is done, all of them at once."""

import numpy as np
import pytest
from torch import nn

import polymodal as pm
from polymodal.errors import FitError, SettingError
from polymodal.training.setting_faults import setting_faults

RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def table() -> pm.Table:
    frame = {"x": RANDOM.normal(size=16), "note": ["red one", "blue two"] * 8, "y": ["a", "b"] * 8}
    return pm.Table.read(frame, target="y", types={"note": "text"})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fusion": "transfomer"}, "unknown fusion 'transfomer'. Did you mean 'transformer'?"),
        ({"width": 10}, "width is a multiple of 4, from 4; 10 came"),
        ({"width": "8"}, "width is a multiple of 4, from 4; '8' came"),
        ({"width": 8.0}, "width is a multiple of 4, from 4; 8.0 came"),
        ({"dropout": 1.0}, "dropout is at least 0 and below 1; 1.0 came"),
        ({"dropout": float("nan")}, "dropout is at least 0 and below 1; nan came"),
        ({"folds": 0}, "folds is 'auto' or 1 to 20; 0 came"),
        ({"folds": "five"}, "folds is 'auto' or 1 to 20; 'five' came"),
        ({"seed": -1}, "seed is a whole number from 0; -1 came"),
        ({"seed": None}, "seed is a whole number from 0; None came"),
        ({"epochs": 0}, "epochs is a whole number from 1; 0 came"),
        ({"batch_size": 2.5}, "batch_size is a whole number from 1; 2.5 came"),
        ({"rows_at_once": 0}, "rows_at_once is a whole number from 1; 0 came"),
        ({"patience": True}, "patience is a whole number from 1; True came"),
        ({"learning_rate": 0.0}, "learning_rate is above 0; 0.0 came"),
        ({"learning_rate": float("inf")}, "learning_rate is above 0; inf came"),
        ({"weight_decay": -0.1}, "weight_decay is at least 0; -0.1 came"),
        ({"precision": "bf16-mixd"}, "unknown precision 'bf16-mixd'. Did you mean 'bf16-mixed'?"),
        ({"patterns": "rate"}, "unknown patterns 'rate'. Did you mean 'rates'?"),
        ({"balance": "parto"}, "unknown balance 'parto'. Did you mean 'pareto'?"),
        ({"pretrain": -1}, "pretrain is a whole number from 0; -1 came"),
        (
            {"pretrain": 3, "epochs": 3},
            "pretrain is below epochs, of which it is a part; pretrain=3 with epochs=3 came",
        ),
        ({"encoders": {"note ": "text"}}, "encoders names 'note ', which is no modality. Did you mean 'note'?"),
        ({"encoders": {"note": nn.Linear}}, "a pm.LoRA or an nn.Module object; the class"),
        ({"encoders": {"note": 3}}, "is a name, a folder, a pm.LoRA or an nn.Module object; int came"),
        ({"encoders": {"note": "image"}}, "encoder 'image' reads image cells; 'note' is text"),
        ({"encoders": {"tabular": "some/hub-name"}}, "pretrained encoders are there for audio, image, sequence"),
        ({"objective": "aling"}, "unknown objective 'aling'. Did you mean 'align'?"),
        ({"same": "y"}, "same='y' says which rows belong together in a shared space; there is one with"),
        (
            {"objective": "align", "same": "y", "contrast": "total_correlation"},
            "same='y' is for contrasts of pairs; contrast='total_correlation' looks at whole rows",
        ),
        ({"objective": "align", "same": "Y"}, "same='Y' is no column of the table. Did you mean 'y'?"),
        ({"contrast": "infonse"}, "unknown contrast 'infonse'. Did you mean 'infonce'?"),
        ({"accelerator": "abacus"}, "accelerator='abacus' with precision='32-true' cannot be had here"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_out_of_range(table, settings, message):
    with pytest.raises(SettingError) as raised:
        pm.Model(**{"folds": 1, "epochs": 1, "width": 8, **settings}).fit(table)
    assert message in str(raised.value)


def test_all_faults_at_once(table):
    with pytest.raises(SettingError) as raised:
        pm.Model(fusion="x", width=7, dropout=2, epochs=-1, precision="8").fit(table)
    assert [line.split()[0] for line in str(raised.value).splitlines()] == [
        "unknown", "width", "dropout", "epochs", "unknown"
    ]  # fmt: skip


def test_numpy_numbers_are_numbers(table):
    model = pm.Model(width=np.int64(8), folds=np.int32(1), dropout=np.float32(0.1), epochs=np.int64(2))
    assert list(setting_faults(vars(model), table.schema)) == []


def test_encoders_are_a_dict():
    with pytest.raises(SettingError, match="encoders is a dict of modality to encoder; list came"):
        pm.Model(encoders=["text"])


@pytest.mark.parametrize("budget", ["10 parsecs", -1, 0, "", "0s", True, float("nan"), float("inf"), "1e"])
def test_budget_that_is_no_time(table, budget):
    with pytest.raises(SettingError, match=r"is no time; write it as '90s', '10min', '1.5h' or seconds"):
        pm.Model(epochs=1).fit(table, budget=budget)


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_share_of_unreadable_cells(table, share):
    with pytest.raises(SettingError, match="max_unreadable is a share from 0 to 1"):
        pm.Model(epochs=1).fit(table, max_unreadable=share)


def test_objective_of_another_target():
    frame = {"x": RANDOM.normal(size=16), "y": RANDOM.normal(size=16)}
    with pytest.raises(SettingError, match="objective 'category' learns category targets; 'y' is number"):
        pm.Model().fit(pm.Table.read(frame, target={"y": pm.Number(objective="category")}))
    with pytest.raises(SettingError, match=r"target 'y': unknown objective 'numbr'\. Did you mean 'number'"):
        pm.Model().fit(pm.Table.read(frame, target={"y": pm.Number(objective="numbr")}))


def test_a_rate_that_breaks_training_is_named(table):
    with pytest.raises(FitError, match="lower learning_rate"):
        pm.Model(folds=1, epochs=3, width=8, learning_rate=1e12).fit(table)
