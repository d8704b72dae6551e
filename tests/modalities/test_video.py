"""Videos of every sort come out as a few upright frames with their times, or are named as unreadable."""

import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import MissingExtraError
from polymodal.modalities.video import Video, VideoStatistics
from polymodal.schema.cells import Cells, State

RANDOM = np.random.default_rng(0)
# FFmpeg's own encoders, but for VP9, which it has none for.
KINDS = [
    ("mp4", "mpeg4", "yuv420p"),
    ("mov", "mjpeg", "yuvj420p"),
    ("matroska", "mpeg4", "yuv420p"),
    ("webm", "libvpx-vp9", "yuv420p"),
    ("avi", "mpeg4", "yuv420p"),
    ("mpegts", "mpeg2video", "yuv420p"),
    ("mpeg", "mpeg2video", "yuv420p"),
    ("gif", "gif", "rgb8"),
]
QUARTERS = np.zeros((32, 64, 3), dtype=np.uint8)
QUARTERS[:16, :32], QUARTERS[:16, 32:], QUARTERS[16:, :32] = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def read(*raws: Any, files: Path | None = None, **settings: Any) -> Cells:
    cells = np.empty(len(raws), dtype=object)
    for position, raw in enumerate(raws):
        cells[position] = raw
    return Video(**settings).read("clip", pd.DataFrame({"clip": cells}), files)


def sample(raw: Any, **settings: Any) -> np.ndarray:
    cells = read(raw, **settings)
    assert not cells.faults, cells.faults[0]
    return cells.samples[0]


def reason(raw: Any, **settings: Any) -> str:
    cells = read(raw, **settings)
    assert cells.state.tolist() == [State.UNREADABLE]
    return cells.faults[0].reason


def shade(found: np.ndarray) -> list[int]:
    return [round(float(one.mean()) / 20 - 1) for one in found["picture"]]


@pytest.mark.parametrize(("kind", "codec", "format"), KINDS)
def test_frames_at_known_times_have_known_colours(kind, codec, format, film, shades, tmp_path) -> None:
    data = film(shades(10), kind=kind, codec=codec, format=format, key_every=4)
    (tmp_path / "film.any").write_bytes(data)  # what it is, is told by what is in it
    found = sample(data, frames=5)
    np.testing.assert_array_equal(found, read("film.any", {"bytes": data}, files=tmp_path, frames=5).samples[0])
    np.testing.assert_allclose(found["time"], [0.1, 0.3, 0.5, 0.7, 0.9], atol=1e-3)
    assert shade(found) == [1, 3, 5, 7, 9]
    assert found["picture"].shape == (5, 32, 48, 3)
    every = sample(data, frames=50)
    np.testing.assert_allclose(every["time"], np.arange(10) / 10, atol=1e-3)
    assert shade(every) == list(range(10))
    assert shade(sample(data, frames=3, clip=0.3)) == [4, 5, 6]  # seen at 0.4, 0.5 and 0.6


def test_frames_are_taken_by_time_and_not_by_number(film, shades) -> None:
    times = [0, 0.1, 0.2, 0.3, 2.0, 3.9]  # four frames in the first tenth, two in the rest
    for kind in ("mp4", "matroska"):
        found = sample(film(shades(6), times=times, kind=kind), frames=4)
        assert shade(found) == [3, 4]  # seen at 0.5, at 1.5, at 2.5 and at 3.4
        np.testing.assert_allclose(found["time"], [0.3, 2.0], atol=1e-3)
    found = sample((np.stack(shades(6)), times), frames=4)
    assert shade(found) == [3, 4, 5]  # as long again as the one before it, the last one is seen to 5.8
    np.testing.assert_allclose(found["time"], [0.3, 2.0, 3.9], atol=1e-6)


def test_a_file_tells_the_same_as_its_pictures(film) -> None:
    pictures = [np.roll(QUARTERS, 4 * step, axis=1) for step in range(8)]
    array, file = sample((np.stack(pictures), 10), frames=4), sample(film(pictures), frames=4)
    np.testing.assert_allclose(array["time"], file["time"], atol=1e-3)
    assert np.abs(array["picture"].astype(int) - file["picture"]).mean() < 12


def test_one_frame_and_few(film, shades) -> None:
    assert [len(sample(film(shades(n)))) for n in (1, 3, 8, 12)] == [1, 3, 8, 8]
    assert sample(film(shades(1)))["time"].tolist() == [0.0]


def test_a_nearer_key_saves_reading_on(film, shades, monkeypatch) -> None:
    from polymodal.modalities._frames import _Reader

    decoded = []
    shown = _Reader._from
    monkeypatch.setattr(_Reader, "_from", lambda *given: (decoded.append(one) or one for one in shown(*given)))
    for kind in ("mp4", "matroska", "avi"):
        decoded.clear()
        assert len(sample(film(shades(12) * 20, kind=kind, key_every=10), frames=3)) == 3
        assert len(decoded) <= 2 + 3 * 12


@pytest.mark.parametrize(
    ("turn", "corners"),
    [
        ({"degrees": 0}, "rgbk"),
        ({"degrees": 90}, "gkrb"),
        ({"degrees": -90}, "brkg"),
        ({"degrees": 180}, "kbgr"),
        ({"degrees": 0, "hflip": True}, "grkb"),
        ({"degrees": 0, "vflip": True}, "bkrg"),
    ],
)
def test_shown_as_the_camera_was_held(turn, corners, film) -> None:
    data = film([QUARTERS] * 2, kind="mov", setup=lambda stream: stream.set_display_rotation(**turn))
    picture = sample(data)["picture"][0].astype(int)
    assert picture.shape == ((64, 32, 3) if abs(turn["degrees"]) == 90 else (32, 64, 3))
    height, width = picture.shape[:2]
    seen = [picture[y * height // 4, x * width // 4] for y in (1, 3) for x in (1, 3)]
    assert "".join("rgb"[one.argmax()] if one.max() > 128 else "k" for one in seen) == corners


def test_pixels_that_are_wider_than_high(film, shades) -> None:
    from fractions import Fraction

    def widen(stream: Any) -> None:
        stream.codec_context.sample_aspect_ratio = Fraction(2, 1)

    assert sample(film(shades(2), setup=widen), size=128)["picture"].shape[1:3] == (32, 96)


def test_transparent_is_white_and_grey_is_grey(film) -> None:
    clear = np.zeros((16, 16, 4), dtype=np.uint8)
    clear[:8] = (200, 0, 0, 255)
    found = sample(film([clear] * 2, kind="mov", codec="png", format="rgba"))["picture"][0]
    assert found[2, 2].tolist() == [200, 0, 0]
    assert found[12, 12].tolist() == [255, 255, 255]
    grey = sample(film([np.full((16, 16, 3), 90, dtype=np.uint8)], kind="mov", codec="png", format="gray"))["picture"]
    assert np.abs(grey.astype(int) - 90).max() <= 2


def test_no_larger_than_asked(film, shades) -> None:
    assert sample(film(shades(2, 64, 128)), size=32)["picture"].shape == (2, 16, 32, 3)
    assert sample(film(shades(2, 2, 400)), size=40)["picture"].shape == (2, 1, 40, 3)
    assert sample(film(shades(2)), size=400)["picture"].shape == (2, 32, 48, 3)


ARRAYS = [
    (np.zeros((3, 8, 8), dtype=np.uint8), 3),
    (np.zeros((3, 8, 8, 1), dtype=np.uint8), 3),
    (np.full((3, 8, 8, 4), 0.5), 3),
]


@pytest.mark.parametrize(("array", "n"), ARRAYS)
def test_arrays(array, n) -> None:
    cells = read(array, (array, 2.5), array[:0])
    assert cells.state.tolist() == [State.PRESENT, State.PRESENT, State.ABSENT]
    assert [len(one) for one in cells.samples[:2]] == [n, n]
    np.testing.assert_allclose(cells.samples[1]["time"], np.arange(n) / 2.5)


FRAMES = np.zeros((3, 8, 8, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (7.5, "a video is expected .* float came"),
        ((FRAMES[:0], 2.0), "it holds no frames"),
        ((FRAMES, 0), "a number of frames a second above 0"),
        ((FRAMES, [0.0, 1.0]), "3 frames need as many times"),
        ((FRAMES, [0.0, 2.0, 1.0]), "each later than the one before"),
        ((FRAMES.astype(int) + 300, 1.0), "uint8, or float"),
        (np.zeros((3, 8, 8, 7), dtype=np.uint8), "a picture array is"),
        (b"", "the file is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "not a video: MP4, MOV"),
        (b"#EXTM3U\n#EXTINF:1,\nhttp://example.org/a.ts\n", "not a video"),
        (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "not a video"),
        (b"\0\0\0\x18ftypmp42" + bytes(12), "not a readable file of video"),
        (b"\x1a\x45\xdf\xa3" + bytes(40), "not a readable file of video"),
    ],
)
def test_what_is_no_video_is_said_so(raw, said) -> None:
    if isinstance(raw, bytes):
        pytest.importorskip("av")
    assert re.search(said, reason(raw))


def test_sound_alone_and_a_cover_are_no_video(film) -> None:
    av = pytest.importorskip("av")
    tone = np.sin(np.arange(8000) / 6).astype(np.float32)
    assert reason(film([], sound=tone)) == "it holds sound and no pictures"
    data = io.BytesIO()
    with av.open(data, "w", format="mp4") as container:
        heard = container.add_stream("aac", rate=16_000, layout="mono")
        cover = container.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 16, 16, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), dtype=np.int16), format="s16", layout="mono")
        frame.sample_rate = 16_000
        container.mux(heard.encode(frame) + heard.encode())
        container.mux(cover.encode(av.VideoFrame(16, 16, "rgb24")) + cover.encode())
    assert reason(data.getvalue()) == "it holds sound and no pictures"


@pytest.mark.parametrize(("kind", "codec", "format"), [one for one in KINDS if one[0] != "mpeg"])
@pytest.mark.parametrize("share", [0.9, 0.5, 0.05])
def test_a_file_that_is_cut_off_is_no_shorter_video(kind, codec, format, share, film) -> None:
    noise = [RANDOM.integers(0, 256, (32, 32, 3), dtype=np.uint8) for _ in range(6)]
    data = film(noise, kind=kind, codec=codec, format=format)
    assert reason(data[: int(len(data) * share) | 1])


def test_broken_files_are_named_by_row_and_path(film, shades, tmp_path) -> None:
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "picture.mp4").write_bytes(b"\xff\xd8\xff" + bytes(50))
    (tmp_path / "good.avi").write_bytes(film(shades(2)))
    names = ["empty.mp4", "good.avi", "picture.mp4", "gone.mp4", "../out.mp4", "http://example.org/a.mp4"]
    cells = read(*names, files=tmp_path)
    assert cells.state.tolist() == [2, 1, 2, 2, 2, 2]
    assert [fault.row for fault in cells.faults] == [0, 2, 3, 4, 5]
    assert [fault.path for fault in cells.faults[:2]] == [str(tmp_path / "empty.mp4"), str(tmp_path / "picture.mp4")]


def test_a_bomb_is_refused_before_it_is_decoded(film, shades, monkeypatch) -> None:
    gif = bytearray(film(shades(2), kind="gif", codec="gif", format="rgb8"))
    gif[6:10] = b"\xff" * 4  # 65,535 x 65,535 pixels
    assert "over the limit of 100,000,000" in reason(bytes(gif))
    data = film(shades(10))
    monkeypatch.setattr("polymodal.modalities._frames._MOST_DECODED", 32 * 48 * 5)
    assert "pixels have to be decoded" in reason(data)
    monkeypatch.setattr("polymodal.modalities._frames._MOST_SECONDS", 0.5)
    assert "states to last 1 seconds" in reason(data)


@pytest.mark.parametrize(("kind", "codec", "format"), [KINDS[0], KINDS[1], KINDS[2], KINDS[4], KINDS[5]])
def test_of_two_hundred_cells_each_that_is_damaged_is_listed(kind, codec, format, film) -> None:
    """A single bit within a picture cannot always be told, as these formats have no check sums; more damage can."""
    pictures = [np.kron(RANDOM.integers(0, 256, (4, 6, 3)), np.ones((8, 8, 1))).astype(np.uint8) for _ in range(4)]
    data = film(pictures, kind=kind, codec=codec, format=format)
    damaged = sorted(RANDOM.choice(200, 10, replace=False).tolist())
    cells: list[Any] = [data] * 200
    for turn, row in enumerate(damaged):
        broken = bytearray(data)
        if turn % 3 == 0:
            for place in RANDOM.integers(0, len(data), len(data) // 20):
                broken[place] ^= 1 << int(RANDOM.integers(8))
        elif turn % 3 == 1:
            del broken[int(len(data) * RANDOM.uniform(0.02, 0.95)) | 1 :]
        else:
            broken = bytearray([b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WAVE", b"%PDF-1.7"][turn % 9 // 3] + data[12:])
        cells[row] = bytes(broken)
    found = read(*cells, frames=4)
    assert [fault.row for fault in found.faults] == damaged


def test_holes_are_no_grey_pictures(film) -> None:
    noise = [RANDOM.integers(0, 256, (32, 32, 3), dtype=np.uint8) for _ in range(8)]
    for kind, codec, format in (KINDS[0], KINDS[1], ("avi", "mjpeg", "yuvj420p"), KINDS[2], KINDS[5]):
        data = bytearray(film(noise, kind=kind, codec=codec, format=format))
        middle = len(data) // 3
        data[middle : middle + len(data) // 8] = bytes(len(data) // 8)
        assert reason(bytes(data))


def test_pictures_of_another_size_on_the_way_are_brought_to_the_first(film, shades) -> None:
    from polymodal.modalities import _frames

    frames = [sample(film(shades(1, *shape)), size=16) for shape in ((32, 48), (48, 32))]
    assert [one["picture"].shape[1:3] for one in frames] == [(11, 16), (16, 11)]
    av = pytest.importorskip("av")
    small = [_frames._picture(av.VideoFrame(*size, "rgb24"), (11, 16)) for size in ((48, 32), (32, 48))]
    assert {one.shape for one in small} == {(11, 16, 3)}


def test_without_the_extra_the_line_that_installs_it_is_said(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'polymodal\[video\]'"):
        read(b"GIF89a" + bytes(20))
    assert read((FRAMES, 2.0)).state.tolist() == [State.PRESENT]


@pytest.mark.parametrize(
    ("raws", "said"),
    [
        (["a.mp4", "b/c.MOV", "d.webm", None], "paths of videos"),
        ([b"\0\0\0\x18ftypmp42", b"RIFF\0\0\0\0AVI "], "bytes of videos"),
        ([(FRAMES, 2.0), FRAMES], "arrays of time x height x width x colour"),
        ([np.zeros((9, 9, 9, 2)), np.zeros((9, 9, 9, 3))], None),  # a volume with channels, or anything
        (["a.gif"], None),  # a picture, unless said otherwise
        ([b"GIF89a"], None),
        ([], None),
    ],
)
def test_what_is_recognised(raws, said) -> None:
    cells = np.empty(len(raws), dtype=object)
    for place, raw in enumerate(raws):
        cells[place] = raw
    assert Video.recognises(pd.Series(cells, dtype=object), None) == said


def test_statistics_survive_json_and_standardise() -> None:
    kind = Video(size=16)
    samples = read(*[(RANDOM.integers(0, 256, (n, 12, 16, 3), dtype=np.uint8), 2.0) for n in (3, 5, 9)]).samples
    statistics = kind.measure(samples)
    assert VideoStatistics.model_validate(json.loads(statistics.model_dump_json())) == statistics
    assert (statistics.side, statistics.seconds) == (16, 2.0)
    values, mask = kind.collate([kind.prepare(one, statistics) for one in samples], statistics)
    assert values.shape == (3, 8, 4, 16, 16)
    assert mask is not None
    assert mask.sum(dim=1).tolist() == [3, 5, 8]
    assert not values[~mask].any()
    seen = values[mask][:, :3]
    assert abs(float(seen.mean())) < 0.1
    assert values[0, :3, 3, 0, 0].tolist() == [0.0, 0.25, 0.5]


def test_shown_by_a_few_frames(film, shades) -> None:
    shown = Video().html(sample(film(shades(8))))
    assert shown.count("<img") == 3
    assert "8 frames, 0.7 s" in shown


def test_through_the_command_line(film, shades, tmp_path, capsys) -> None:
    from polymodal.cli._table import read_table

    for row in range(4):
        (tmp_path / f"{row}.mp4").write_bytes(film(shades(2 + row)))
    (tmp_path / "table.csv").write_text("clip,y\n" + "".join(f"{row}.mp4,{'ab'[row % 2]}\n" for row in range(4)))
    table = read_table(str(tmp_path / "table.csv"), files=None, targets=["y"], types=["clip=video,frames=3,clip=0.2"])
    assert table.schema.modalities["clip"] == pm.Video(frames=3, clip=0.2)
    assert [len(one) for one in table.cells("clip").samples] == [2, 3, 2, 3]


def test_compressed_again_it_is_a_duplicate(film) -> None:
    random = np.random.default_rng(1)
    films = [
        [
            np.kron(one, np.ones((8, 8, 1), dtype=np.uint8))
            for one in random.integers(0, 256, (4, 4, 6, 3), dtype=np.uint8)
        ]
        for _ in range(8)
    ]
    clips = [film(one) for one in films] + [film(films[3], kind="avi", codec="mjpeg", format="yuvj420p")]
    black = [np.zeros((32, 32, 3), dtype=np.uint8)] * 4
    table = pm.Table.read({"clip": [*clips, film(black), film(black[:3])], "n": list(range(11))}, target="n")
    assert [sorted(one) for one in pm.duplicates(table).clusters] == [[3, 8]]
