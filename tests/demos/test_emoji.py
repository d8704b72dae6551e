import io
import sys

import pandas as pd
import pytest
from PIL import Image

from polymodal.demos.emoji import Emoji, draw_all
from polymodal.errors import MissingExtraError

SKIN_TONES = {chr(code) for code in range(0x1F3FB, 0x1F400)}


def test_pictures_names_and_groups() -> None:
    frame = draw_all(limit=40)
    assert len(frame) == 40
    assert frame["emoji"].is_unique
    first = frame.iloc[0]
    assert (first["emoji"], first["name"], first["group"]) == ("😀", "grinning face", "Smileys & Emotion")
    picture = Image.open(io.BytesIO(first["picture"]))
    assert picture.size == (64, 64)
    assert picture.getextrema()[3] == (0, 255)  # drawn on nothing, and drawn at all
    pd.testing.assert_frame_equal(frame, draw_all(limit=40))


def test_the_whole_table_has_no_skin_tones() -> None:
    table = Emoji().load()
    assert 1850 < len(table) < 1950
    assert table.schema.names == ("name", "picture")
    assert len(table.schema.targets["group"].classes) == 9
    assert not any(SKIN_TONES & set(character) for character in table.row_names())


def test_without_the_packages_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(MissingExtraError, match=r"polymodal\[emoji\]"):
        draw_all()
