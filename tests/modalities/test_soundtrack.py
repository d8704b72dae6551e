"""The sound of a video is heard as it was written, stands beside the pictures, and is absent where there is none."""

import re

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import SchemaError
from polymodal.schema.cells import State

RATE = 16_000


def tone(pitch: float, seconds: float = 0.5) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * pitch * np.arange(int(RATE * seconds)) / RATE)


def pitch(sample: np.ndarray) -> float:
    return float(np.abs(np.fft.rfft(sample * np.hanning(len(sample)))).argmax() * RATE / len(sample))


def heard(*raws, **settings):
    frame = pd.DataFrame({"clip": pd.Series(list(raws), dtype=object)})
    return pm.Audio(of="clip", **settings).read("sound", frame, None)


@pytest.mark.parametrize("kind", ["mp4", "mov", "matroska", "avi"])
def test_it_is_what_was_written(kind, film, shades) -> None:
    data = film(shades(5), kind=kind, sound=tone(440))
    (sample,) = heard(data).samples
    assert pitch(sample) == pytest.approx(440, abs=3)
    assert abs(len(sample) - 8000) < 1200
    assert sample.dtype == np.float32
    if kind in ("mov", "avi"):  # without loss
        np.testing.assert_allclose(sample, tone(440), atol=1e-4)
    (short,) = heard(data, rate=8000, max_seconds=0.1).samples
    assert len(short) == 800
    assert pitch(short) == pytest.approx(880, abs=25)  # half the rate, the same tone


def test_a_video_without_sound_is_absent_and_not_silent(film, shades) -> None:
    frames = (np.zeros((3, 8, 8, 3), dtype=np.uint8), 2.0)
    silent = film(shades(3), sound=np.zeros(4000))
    cells = heard(film(shades(3)), silent, frames, None, 7.5, b"\0\0\0\x18ftypmp42" + bytes(12))
    assert cells.state.tolist() == [
        State.ABSENT,
        State.PRESENT,
        State.ABSENT,
        State.ABSENT,
        State.UNREADABLE,
        State.UNREADABLE,
    ]
    assert np.abs(cells.samples[1]).max() < 1e-3
    assert [(fault.row, fault.column) for fault in cells.faults] == [(4, "sound"), (5, "sound")]


def test_a_video_or_m4a_in_a_column_of_sound(film, shades) -> None:
    frame = pd.DataFrame({"call": [film(shades(3), sound=tone(600)), film([], sound=tone(500)), film(shades(3))]})
    cells = pm.Audio().read("call", frame, None)
    assert [pitch(one) for one in cells.samples[:2]] == pytest.approx([600, 500], abs=5)
    assert cells.faults[0].reason == "it is a video without sound"


def test_beside_its_pictures_in_a_table_a_store_and_a_model(film, shades, tmp_path) -> None:
    pytest.importorskip("lance", reason="the extra 'store' is not installed")
    pitches = [300, 2500] * 6
    for row, one in enumerate(pitches):
        sound = None if row in (4, 5) else tone(one, 0.2)
        (tmp_path / f"{row}.mov").write_bytes(film(shades(3), kind="mov", sound=sound))
    (tmp_path / "7.mov").write_bytes(film([], kind="mov", sound=tone(2500, 0.2)))  # no pictures, but its sound is heard
    frame = pd.DataFrame({"clip": [f"{row}.mov" for row in range(12)], "y": ["low", "high"] * 6})
    types = {"clip": pm.Video(frames=2, size=8), "clip sound": pm.Audio(of="clip")}
    table = pm.Table.read(frame, files=tmp_path, target="y", types=types)
    states = table.cells("clip sound").state.tolist()
    assert states == [1, 1, 1, 1, 0, 0] + [1] * 6
    assert table.cells("clip").state.tolist() == [1] * 7 + [2] + [1] * 4
    store = pm.Store.create(tmp_path / "clips.lance", table, shuffle=False)
    stored = store.table()
    assert store.states().T.tolist() == [table.cells(name).state.tolist() for name in ("clip", "clip sound")]
    assert store.quarantine()[["row", "column"]].to_numpy().tolist() == [[7, "clip"]]
    for name in types:
        assert stored.cells(name).state.tolist() == table.cells(name).state.tolist()
        for one, other in zip(stored.cells(name).samples, table.cells(name).samples, strict=True):
            np.testing.assert_equal(one, other)
    assert store.table(columns=["clip sound"]).cells("clip sound").present.sum() == 10
    model = pm.Model(learners=["prototypes"]).fit(stored, progress=False)
    answers = model.predict({"clip": (tmp_path / "6.mov").read_bytes()})
    assert answers.used.tolist() == [[True, True]]
    assert answers.values().tolist() == ["low"]
    assert model.predict({"clip": (np.zeros((2, 8, 8, 3), dtype=np.uint8), 2.0)}).used.tolist() == [[True, False]]


@pytest.mark.parametrize(
    ("types", "said"),
    [
        ({"clip": pm.Audio(of="clip")}, "of= names the column of a video beside it, not its own"),
        ({"sound": pm.Audio(of="clop")}, "no column 'clop'. Did you mean 'clip'"),
        ({"sound": pm.Audio(of="y")}, "column 'y', which is none"),
    ],
)
def test_what_it_stands_beside_has_to_be_there(types, said) -> None:
    frame = {"clip": [(np.zeros((2, 8, 8, 3), dtype=np.uint8), 1.0)] * 4, "y": ["a", "b"] * 2}
    with pytest.raises(SchemaError, match=re.escape(said)):
        pm.Table.read(frame, target="y", types=types)
