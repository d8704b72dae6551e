"""Files sorted into folders are a table of files and labels."""

from pathlib import Path

import pytest
from PIL import Image

import polymodal as pm
from polymodal.errors import DataError


@pytest.fixture
def sorted_files(tmp_path: Path) -> Path:
    for label, shade in (("cat", 40), ("dog", 220)):
        (tmp_path / label).mkdir()
        for number in range(6):
            Image.new("RGB", (8, 8), (shade,) * 3).save(tmp_path / label / f"{number}.png")
    (tmp_path / ".cache").mkdir()
    (tmp_path / "cat" / ".DS_Store").touch()
    return tmp_path


def test_a_row_for_each_file(sorted_files: Path) -> None:
    table = pm.Table.read(sorted_files, target="label")
    assert (len(table), table.schema.names) == (12, ("file",))
    assert table.frame.iloc[6].to_dict() == {"file": "dog/0.png", "label": "dog"}
    assert table.present().all()
    model = pm.Model(learners=["prototypes"]).fit(table, progress=False)
    assert model.predict(table).values().tolist() == ["cat"] * 6 + ["dog"] * 6
    store = pm.Store.create(sorted_files / "all.lance", str(sorted_files), target="label")
    assert store.report().presence["file"]["present"] == 12


def test_other_folders_are_no_table(sorted_files: Path) -> None:
    with pytest.raises(DataError, match="leave files= out"):
        pm.Table.read(sorted_files, files=sorted_files)
    store = pm.Store.create(sorted_files / "some.lance", {"age": [1.0, 2.0]})
    with pytest.raises(DataError, match="found: none"):
        pm.Table.read(store.uri)
    (sorted_files / "cat" / "more").mkdir()
    with pytest.raises(DataError, match="or nothing but folders of files, one for each class; found: none"):
        pm.Table.read(sorted_files)
