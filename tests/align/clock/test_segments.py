"""Subtitles in and out."""

from pathlib import Path

import numpy as np
import pytest

import polymodal as pm
from polymodal.errors import DataError

Segments = pm.align.clock.Segments
SRT = "\ufeff1\n00:00:01,500 --> 00:00:03,000\n<i>Good</i>\nmorning\n\n2\n01:00:04,000 --> 01:00:05,250\n{\\an8}Bye\n"
VTT = (
    "WEBVTT\n\nNOTE hello\n\nintro\n00:01.500 --> 00:03.000 align:start\nGood morning\n\n"
    "01:00:04.000 --> 01:00:05.250\nBye\n"
)


@pytest.mark.parametrize(("name", "text"), [("a.srt", SRT), ("a.vtt", VTT), ("b.srt", SRT.replace("\n", "\r\n"))])
def test_both_kinds_read_alike(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    found = Segments.read(tmp_path / name)
    assert found.texts == ("Good morning", "Bye")
    assert found.starts.tolist() == [1.5, 3604.0]
    assert found.ends.tolist() == [3.0, 3605.25]


def test_what_is_written_is_read_back() -> None:
    found = Segments.read(SRT)
    for written in (found.to_srt(), found.to_vtt()):
        again = Segments.read(written)
        assert again.texts == found.texts
        assert np.array_equal(again.starts, found.starts)


def test_moved_by_another_clock() -> None:
    found = Segments.read(SRT)
    assert found.moved(-0.5).starts.tolist() == [1.0, 3603.5]
    beats = np.cumsum(np.random.default_rng(0).uniform(0.5, 2, 40))
    assert found.moved(pm.align.clock.event_offset(beats + 2, beats)).starts == pytest.approx([3.5, 3606.0])
    assert found.active(10, 4).tolist() == [0.0] * 15 + [1.0] * 15 + [0.0] * 10
    assert "2 segments" in str(found)
    assert found.to_dict()["segments"][0]["text"] == "Good morning"
    found.plot()


def test_faults(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: No such file"):
        Segments.read(tmp_path / "nowhere.srt")
    (tmp_path / "a.srt").write_text("once upon a time")
    with pytest.raises(DataError, match="these are no subtitles"):
        Segments.read(tmp_path / "a.srt")
    with pytest.raises(DataError, match="1 subtitle with an end before the start"):
        Segments.read("00:00:02,000 --> 00:00:01,000\nno\n")
