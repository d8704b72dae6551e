"""Cells of several items on the whole road: learnt from, saved, dealt by a loader, compared, asked about."""

import numpy as np
import pytest
import torch
from torch import nn

import polymodal as pm
from polymodal.errors import SettingError

SMALL = {"folds": 1, "epochs": 2, "width": 8}
RANDOM = np.random.default_rng(0)
SHADES = RANDOM.integers(0, 256, (60, 8, 8, 3), dtype=np.uint8)
WORDS = ["calm", "storm", "rain", "fog", "hail", "sun", "frost", "wind"]


def rows(n: int = 30) -> dict[str, list]:
    """Whether the notes of a row speak of a storm, of one to three notes; every fifth row has none."""
    notes = [[" ".join(RANDOM.choice(WORDS, 4)) for _ in range(1 + row % 3)] for row in range(n)]
    said = ["yes" if any("storm" in note for note in cell) else "no" for cell in notes]
    photos = [[SHADES[2 * row], None, SHADES[2 * row + 1]][: 1 + 2 * (row % 2)] for row in range(n)]
    return {"notes": [cell if row % 5 else None for row, cell in enumerate(notes)], "photos": photos, "storm": said}


@pytest.fixture(scope="module")
def table() -> pm.Table:
    types = {"notes": pm.Text(many=True), "photos": pm.Image(many=True, size=8)}
    return pm.Table.read(rows(), target="storm", types=types)


@pytest.fixture(scope="module")
def model(table: pm.Table) -> pm.Model:
    return pm.Model(learners=["network", "linear", "trees"], **SMALL).fit(table, progress=False)


def test_saved_and_loaded_it_answers_bit_for_bit(model, table, tmp_path):
    again = pm.load(model.save(tmp_path / "storm.pm"))
    assert np.array_equal(again.predict(table).outputs["storm"], model.predict(table).outputs["storm"])


def test_one_row_may_be_asked_alone(model):
    found = model.predict({"notes": ["storm and rain", "calm"], "photos": SHADES[:2]})  # a stack is a list
    listed = model.predict({"notes": ("storm and rain", "calm"), "photos": list(SHADES[:2])})
    assert np.array_equal(found.outputs["storm"], listed.outputs["storm"])


def test_a_loader_deals_what_memory_does(model, table, tmp_path):
    store = pm.Store.create(tmp_path / "rows.lance", table, shuffle=False)
    memory = model.preprocessor.prepare(table)
    for batch in pm.Loader(store, 8, preprocessor=model.preprocessor, shuffle=False, threads=1):
        for name, field in memory.batch(batch.places.numpy()).fields.items():
            assert torch.equal(field.rows, batch.fields[name].rows)
            assert torch.equal(field.values, batch.fields[name].values)
    with pytest.raises(SettingError, match=r"many.* are no numbers before they are prepared"):
        list(pm.Loader(store, 8, form="decoded", columns="photos"))


class Shade(nn.Module):
    """Pictures `[k, 3, S, S]` to their mean colours."""

    def forward(self, values):
        return values.mean(dim=(2, 3))


def test_ones_own_encoder_sees_items(table):
    own = pm.Model(encoders={"photos": Shade()}, learners=["network"], **SMALL).fit(table, progress=False)
    light = own.predict([{"photos": [SHADES[0]]}, {"photos": [SHADES[0], SHADES[0]]}]).outputs["storm"]
    assert np.isfinite(light).all()


def test_duplicates_whatever_the_order_of_items():
    notes = [
        ["a calm and sunny day at sea", "the wind turned in the evening"],
        ["the wind turned in the evening", None, "a calm and sunny day at sea"],
        ["a calm and sunny day at sea"],
        ["nothing of the kind was seen here", "a long road through the hills"],
    ]
    table = pm.Table.read({"notes": notes}, types={"notes": pm.Text(many=True)})
    assert [rows.tolist() for rows in pm.duplicates(table).clusters] == [[0, 1]]


def test_rows_of_the_same_lists_are_told(model):
    photos = pm.Table.read({"photos": [[SHADES[0], SHADES[1]], [SHADES[0], SHADES[1]], [SHADES[2]]]})
    assert photos.schema.reasons["photos"] == "lists of arrays of height x width x colour"
    assert [one["rows"] for one in photos.report().duplicate_rows] == [[0, 1]]


def test_hidden_by_how_many_there_are(table):
    hidden = pm.hide(table, {"photos": 0.4}, mechanism="mnar")
    lost = hidden.cells[:, table.schema.names.index("photos")]
    sizes = np.array([sum(one is not None for one in cell) for cell in table.cells("photos").samples])
    assert sizes[lost].mean() > sizes[~lost].mean()


def test_an_encoder_of_another_kind_is_refused(table):
    with pytest.raises(SettingError, match="reads text cells; 'photos' is image"):
        pm.Model(encoders={"photos": "text"}, **SMALL).fit(table, progress=False)
