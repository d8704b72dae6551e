"""A table and the files of a folder."""

from pathlib import Path

import pytest

import polymodal as pm
from polymodal.errors import DataError, SettingError

files = pm.align.pair.files


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    for name in ("7/front.png", "7/side.png", "8/front.png", "9/front.png", "8/notes.txt", ".hidden.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path


def test_files_by_what_their_names_say(scans: Path) -> None:
    found = files({"patient": [7, 8, 10]}, scans, "{patient}/*.png", several="list")
    assert found.table["file"].tolist() == [["7/front.png", "7/side.png"], ["8/front.png"], None]
    assert found.table["patient"].tolist() == [7, 8, 10]
    assert found.unmatched()["row"].tolist() == [2, "9/front.png"]
    assert any("1 of 5 files are not named like" in note for note in found.notes)


def test_two_fields_and_a_row_for_each(scans: Path) -> None:
    found = files({"patient": [7, 8]}, scans, "{patient}/*.png", several="rows")
    assert found.table["patient"].tolist() == [7, 7, 8]
    views = files({"patient": [7, 7], "view": ["side", "back"]}, scans, "{patient}/{view}.png", column="photo")
    assert views.table["photo"].tolist()[0] == "7/side.png"
    assert files({"view": ["side"]}, scans, "**/{view}.png").table["file"].tolist() == ["7/side.png"]


def test_zeros_in_front_are_told(scans: Path) -> None:
    found = files({"patient": ["007", "8"]}, scans, "{patient}/*.png", several="first")
    assert "would agree but for zeros in front, such as '007'" in " ".join(found.notes)


def test_faults(scans: Path) -> None:
    with pytest.raises(DataError, match=r"no file in .* is named like '\{patient\}.jpg'; there are 5 files, such as"):
        files({"patient": [7]}, scans, "{patient}.jpg")
    with pytest.raises(SettingError, match="has to name columns"):
        files({"patient": [7]}, scans, "*.png")
    with pytest.raises(DataError, match="is not a folder"):
        files({"patient": [7]}, scans / "nowhere", "{patient}.png")
