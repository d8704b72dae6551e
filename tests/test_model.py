"""The face: devices, folders of files, and what a fit that fails leaves behind."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from torch import nn

import polymodal as pm
from polymodal.errors import ArtifactError, FitError, SettingError

SMALL = {"folds": 1, "epochs": 2, "width": 8}
RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def table() -> pm.Table:
    frame = {"x": RANDOM.normal(size=24), "v": list(RANDOM.normal(size=(24, 3))), "y": ["a", "b"] * 12}
    return pm.Table.read(frame, target="y")


@pytest.mark.parametrize("device", ["gpu", "cuda:99", 3.5])
def test_a_device_that_is_not_there_is_refused_and_forgotten(table, device):
    model = pm.Model(**SMALL).fit(table)
    before = model.predict(table).outputs["y"]
    with pytest.raises(SettingError, match="cannot be had here"):
        model.to(device)
    np.testing.assert_array_equal(model.predict(table).outputs["y"], before)


def test_a_device_chosen_before_the_fit_holds_after_it(table):
    model = pm.Model(**SMALL).to("meta").fit(table)
    assert {weight.device.type for weight in model.networks[0].parameters()} == {"meta"}


def test_a_fit_that_fails_changes_nothing(table, tmp_path):
    model = pm.Model(encoders={"v": nn.Linear(3, 5)}, **SMALL).fit(table)
    before = model.predict(table).outputs["y"]
    model.encoders = {"v": nn.Linear(3, 7)}
    model.learning_rate = 1e30
    with pytest.raises(FitError, match="lower learning_rate"):
        model.fit(table)
    again = pm.load(model.save(tmp_path / "m.pm"), encoders={"v": nn.Linear(3, 5)})
    np.testing.assert_array_equal(again.predict(table).outputs["y"], before)


def test_files_are_found_by_every_verb(tmp_path):
    for row in range(24):
        Image.new("RGB", (8, 8), (200 * (row % 2), 10, 10)).save(tmp_path / f"{row}.png")
    frame = pd.DataFrame({"photo": [f"{row}.png" for row in range(24)], "y": ["a", "b"] * 12})
    model = pm.Model(**SMALL).fit(pm.Table.read(frame, target="y", files=tmp_path))
    assert model.lattice(frame, files=tmp_path).present.all()
    assert model.evaluate(frame, files=tmp_path, resamples=0)["y"].alone[0].rows == 24
    assert model.explain(frame, files=tmp_path).targets["y"].present.all()
    assert "data:image/png" in model.report(tmp_path / "page.html", frame, files=tmp_path).read_text()


def test_a_folder_is_no_place_for_a_file(table, tmp_path):
    model = pm.Model(**SMALL).fit(table)
    with pytest.raises(ArtifactError, match="it is a folder; give the name of a file"):
        model.save(tmp_path)
    with pytest.raises(ArtifactError, match="it is a folder; give the name of a file"):
        model.report(tmp_path, table)


def test_a_module_nobody_asked_for_is_refused(table, tmp_path):
    saved = pm.Model(**SMALL).fit(table).save(tmp_path / "m.pm")
    with pytest.raises(ArtifactError, match="gives a module for 'v', whose encoder is in the file already"):
        pm.load(saved, encoders={"v": nn.Linear(3, 5)})


def test_its_settings_make_it_again() -> None:
    settings = pm.Model("late", width=32, objective="align", hub="note").settings
    assert (settings["fusion"], settings["width"], settings["hub"]) == ("late", 32, "note")
    assert pm.Model(**settings).settings == settings
