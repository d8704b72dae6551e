"""Pictures of every sort come out upright, in RGB and no larger than asked, or are named as unreadable."""

import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image as Pillow

from polymodal.modalities import image
from polymodal.modalities.image import Image
from polymodal.schema.cells import Cells, State


def read(*raws: Any, files: Path | None = None, **settings: Any) -> Cells:
    cells = np.empty(len(raws), dtype=object)
    for position, raw in enumerate(raws):
        cells[position] = raw
    return Image(**settings).read("photo", pd.DataFrame({"photo": cells}), files)


def encoded(picture: Pillow.Image, kind: str, **options: Any) -> bytes:
    data = io.BytesIO()
    picture.save(data, format=kind, **options)
    return data.getvalue()


def two_halves(left: Any, right: Any, mode: str = "RGB") -> Pillow.Image:
    picture = Pillow.new(mode, (16, 8), left)
    picture.paste(right, (8, 0, 16, 8))
    return picture


def reason(cells: Cells) -> str:
    assert cells.state.tolist() == [State.UNREADABLE]
    return cells.faults[0].reason


def test_colours_and_sides_are_kept() -> None:
    (sample,) = read(encoded(two_halves("red", "blue"), "PNG")).samples
    assert sample.shape == (8, 16, 3)
    np.testing.assert_array_equal(sample[0, 0], [255, 0, 0])
    np.testing.assert_array_equal(sample[7, 15], [0, 0, 255])


def test_turned_upright_as_exif_says() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6  # taken with the camera turned: what is stored has to be turned clockwise
    (sample,) = read(encoded(two_halves("red", "blue"), "PNG", exif=exif)).samples
    assert sample.shape == (16, 8, 3)
    np.testing.assert_array_equal(sample[0, 0], [255, 0, 0])
    np.testing.assert_array_equal(sample[15, 0], [0, 0, 255])


def test_print_colours_become_screen_colours() -> None:
    (sample,) = read(encoded(Pillow.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF")).samples
    np.testing.assert_array_equal(sample[0, 0], [255, 0, 0])


def test_sixteen_bits_become_eight() -> None:
    wide = np.array([[0, 65535], [32768, 257]], dtype=np.uint16)
    (sample,) = read(encoded(Pillow.fromarray(wide), "PNG")).samples
    np.testing.assert_array_equal(sample[:, :, 0], [[0, 255], [127, 1]])


def test_what_is_transparent_is_white() -> None:
    (sample,) = read(encoded(two_halves((255, 0, 0, 0), (0, 0, 0, 128), "RGBA"), "PNG")).samples
    np.testing.assert_array_equal(sample[0, 0], [255, 255, 255])
    np.testing.assert_allclose(sample[0, 15], 127, atol=1)


def test_first_frame_of_an_animation() -> None:
    frames = [Pillow.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    (sample,) = read(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])).samples
    np.testing.assert_array_equal(sample[0, 0], [255, 0, 0])


def test_large_pictures_are_made_smaller_and_keep_their_proportions() -> None:
    (sample,) = read(encoded(Pillow.new("RGB", (200, 100)), "JPEG"), size=32).samples
    assert sample.shape == (16, 32, 3)


def test_too_many_pixels_are_refused_before_they_are_decoded() -> None:
    picture = bytearray(encoded(Pillow.new("L", (1, 1)), "PNG"))
    picture[16:24] = (11_000).to_bytes(4) + (10_000).to_bytes(4)  # what the header claims
    picture[29:33] = zlib.crc32(picture[12:29]).to_bytes(4)
    assert "pixels is over the limit of 100,000,000" in reason(read(bytes(picture)))


def test_the_limit_holds_for_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "_MAX_PIXELS", 100)
    assert "over the limit of 100 pixels" in reason(read(np.zeros((11, 10), dtype=np.uint8)))


def test_a_picture_cut_short_is_unreadable() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    whole = encoded(Pillow.fromarray(noise), "JPEG")
    assert "not a readable picture" in reason(read(whole[: len(whole) // 2]))


@pytest.mark.parametrize("raw", [b"", b"\x89PNG\r\n\x1a\n", b"text", 7, np.zeros((2, 2, 2), dtype=np.uint8)])
def test_what_is_no_picture_is_unreadable(raw: Any) -> None:
    assert reason(read(raw))


def test_a_broken_file_is_named_with_its_row_and_path(tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(encoded(Pillow.new("RGB", (4, 4)), "PNG"))
    (tmp_path / "bad.png").write_bytes(b"no picture")
    cells = read("good.png", None, "bad.png", "gone.png", "../out.png", files=tmp_path)
    assert cells.state.tolist() == [State.PRESENT, State.ABSENT, *[State.UNREADABLE] * 3]
    assert [fault.row for fault in cells.faults] == [2, 3, 4]
    assert str(tmp_path / "bad.png") in str(cells.faults[0])


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.full((4, 4), 0.5), 128),
        (np.full((4, 4), True), 255),
        (np.full((4, 4, 1), 7, dtype=np.int64), 7),
    ],
)
def test_arrays_by_their_type(array: np.ndarray, expected: int) -> None:
    (sample,) = read(array).samples
    np.testing.assert_array_equal(sample, np.full((4, 4, 3), expected))


@pytest.mark.parametrize("array", [np.full((4, 4), 1.5), np.full((4, 4), np.nan), np.full((4, 4), 300)])
def test_arrays_out_of_range_are_unreadable(array: np.ndarray) -> None:
    assert reason(read(array))


def test_packed_colours_are_standardised() -> None:
    random = np.random.default_rng(0)
    samples = [random.integers(0, 256, (16, 16, 3), dtype=np.uint8) for _ in range(20)]
    kind = Image()
    statistics = kind.measure(samples)
    values, mask = kind.collate([kind.prepare(one, statistics) for one in samples], statistics)
    assert values.shape == (20, 3, 16, 16)
    assert mask is None
    np.testing.assert_allclose(values.mean(dim=(0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(values.std(dim=(0, 2, 3)), 1, atol=1e-2)


def test_the_caller_keeps_what_was_given() -> None:
    array = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)
    before = array.copy()
    (sample,) = read(array, size=4).samples
    sample[:] = 0
    np.testing.assert_array_equal(array, before)


@pytest.mark.parametrize(
    ("bad", "known"), [(0, True), (1, True), (2, True), (3, False)], ids=["none", "one", "a tenth", "more"]
)
def test_a_few_bad_files_hide_a_column_from_nobody(bad: int, known: bool) -> None:
    picture = encoded(Pillow.new("RGB", (2, 2)), "PNG")
    assert bool(Image.recognises(pd.Series([picture] * (20 - bad) + [b""] * bad), None)) == known
