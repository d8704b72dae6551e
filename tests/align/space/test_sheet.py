"""Pictures as they come, read in few pixels; and what their files say of the width of a pixel."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from polymodal.align.space.by_pictures._resolution import resolutions_of
from polymodal.align.space.by_pictures._sheet import Sheet
from polymodal.align.space.by_pictures._stain import amounts, hematoxylin, is_stained
from polymodal.align.space.by_pictures._tissue import tissue
from polymodal.errors import DataError, SettingError

RAMP = np.add.outer(np.arange(96.0), np.arange(128.0))
SEEN = np.ones((40, 40), dtype=bool)


def test_means_of_squares_and_where_they_lie() -> None:
    reduced = Sheet(RAMP, "fixed").reduced(4)
    assert reduced.values == pytest.approx(RAMP.reshape(24, 4, 32, 4).mean(axis=(1, 3)))
    odd = Sheet(RAMP, "fixed").reduced(2.5).values
    assert odd.shape == (38, 51)
    # The middle of pixel k is at 2.5 (k + 1/2) - 1/2 of the picture.
    assert odd[10, 20] == pytest.approx(2.5 * 10.5 + 2.5 * 20.5 - 1, abs=0.6)


def test_arrays_in_files(tmp_path: Path) -> None:
    np.save(tmp_path / "ramp.npy", RAMP)
    sheet = Sheet(tmp_path / "ramp.npy", "fixed")
    assert (sheet.name, sheet.size) == ("ramp", (128, 96))
    np.testing.assert_array_equal(sheet.reduced(4).values, Sheet(RAMP, "fixed").reduced(4).values)
    np.save(tmp_path / "first.npy", np.zeros((3, 40, 40)))
    (tmp_path / "text.npy").write_text("no array")
    for name, told in {"first": "channels first", "text": "cannot be read", "gone": "No such file"}.items():
        with pytest.raises(DataError, match=told):
            Sheet(tmp_path / f"{name}.npy", "moving")


def test_no_factor_reads_beyond_the_edge() -> None:
    for factor in (1.1, 3.2, 96 / 29, 128 / 41, 96 / 17):
        assert Sheet(RAMP, "fixed").reduced(factor).values.shape == (int(96 / factor + 1e-9), int(128 / factor + 1e-9))


def test_a_picture_of_the_caller_stays_as_it_is(tmp_path: Path) -> None:
    pages = [Image.fromarray(np.full((96 // by, 128 // by), by, np.uint8)) for by in (1, 2)]
    pages[0].save(tmp_path / "slide.tif", save_all=True, append_images=pages[1:])
    with Image.open(tmp_path / "slide.tif") as picture:
        assert Sheet(picture, "fixed").reduced(2).values.max() == 1
        assert picture.tell() == 0


def test_a_large_jpeg_is_decoded_small(tmp_path: Path) -> None:
    path = tmp_path / "slide.jpg"
    large = np.kron(np.arange(60, dtype=np.uint8).reshape(6, 10) * 4, np.ones((320, 320), np.uint8))
    Image.fromarray(large).save(path, quality=95)
    sheet = Sheet(path, "moving")
    assert (sheet.name, sheet.size, sheet.stated) == ("slide", (3200, 1920), None)
    assert sheet.reduced(40).values == pytest.approx(large.reshape(48, 40, 80, 40).mean(axis=(1, 3)), abs=2)


@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_what_pillow_takes_for_too_large(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.fromarray(RAMP.astype(np.uint8)).save(tmp_path / f"slide.{ending}")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    sheet = Sheet(tmp_path / f"slide.{ending}", "fixed")
    assert sheet.reduced(4).values == pytest.approx(RAMP.reshape(24, 4, 32, 4).mean(axis=(1, 3)), abs=1.5)
    monkeypatch.setattr("polymodal.align.space.by_pictures._sheet._MOST_DECODED", 100)
    with pytest.raises(DataError, match="12,288 pixels of the fixed picture would have to be decoded"):
        sheet.reduced(1)


def test_levels_of_a_tiff(tmp_path: Path) -> None:
    levels = [Image.fromarray(np.full((96 // by, 128 // by), by, np.uint8)) for by in (1, 2, 4)]
    levels[0].save(tmp_path / "slide.tif", save_all=True, append_images=[*levels[1:], Image.new("L", (20, 20))])
    for factor, level in ((1, 1), (2, 2), (3, 2), (5, 4)):
        assert Sheet(tmp_path / "slide.tif", "fixed").reduced(factor).values.max() == level


def test_every_kind_of_pixel() -> None:
    grey = RAMP.astype(np.uint8)
    colour = np.stack([grey, 255 - grey, grey // 2], axis=-1)
    for given, expected in (
        (RAMP.astype(np.uint16) * 250, RAMP * 250),
        (Image.fromarray(RAMP.astype(np.uint16) * 250), RAMP * 250),
        (Image.fromarray(grey).convert("P"), np.repeat(grey[..., None], 3, axis=2)),
        (Image.fromarray(colour), colour),
        (grey[..., None], np.asarray(grey)),
        (RAMP > 100, RAMP > 100),
    ):
        assert Sheet(given, "fixed").reduced(1).values.squeeze() == pytest.approx(np.asarray(expected, dtype=float))
    hidden = Sheet(np.dstack([colour, grey > 50]), "fixed").reduced(1)
    assert (hidden.seen == (grey > 50)).all()


def test_a_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[274] = 6  # held a quarter turn to the right
    data = io.BytesIO()
    Image.fromarray(RAMP.astype(np.uint8)).save(data, format="PNG", exif=exif)
    with Image.open(data) as picture:
        sheet = Sheet(picture, "fixed")
        assert sheet.size == (96, 128)
        assert sheet.reduced(1).values == pytest.approx(np.rot90(RAMP, -1))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"format": "TIFF", "x_resolution": 20_000.0, "y_resolution": 20_000.0, "resolution_unit": 3}, 0.5),
        ({"format": "TIFF", "description": "Aperio Image |AppMag = 20|MPP = 0.4990"}, 0.499),
        ({"format": "TIFF", "description": '<Pixels PhysicalSizeX="650" PhysicalSizeXUnit="nm">'}, 0.65),
        ({"format": "PNG", "dpi": (25_400, 25_400)}, 1.0),
        ({"format": "JPEG", "dpi": (12_700, 12_700)}, 2.0),
    ],
)
def test_resolution_from_files(options: dict, expected: float) -> None:
    data = io.BytesIO()
    Image.new("RGB", (32, 32)).save(data, **options)
    with Image.open(data) as picture:
        assert resolutions_of({"a": None}, {"a": Sheet(picture, "fixed").stated}) == pytest.approx([expected], rel=1e-3)


def test_what_programs_write_by_default_is_not_believed() -> None:
    data = io.BytesIO()
    Image.new("RGB", (32, 32)).save(data, format="JPEG", dpi=(72, 72))
    with Image.open(data) as picture, pytest.raises(SettingError, match="72 dots an inch"):
        resolutions_of({"a": None}, {"a": Sheet(picture, "moving").stated})


def test_every_resolution_that_is_wrong_or_not_known_is_told() -> None:
    with pytest.raises(SettingError, match=r"moving and of the fixed picture.*moving_resolution= and fixed_"):
        resolutions_of({"moving": None, "fixed": None}, {"moving": None, "fixed": 352.8})
    with pytest.raises(SettingError, match=r"moving_resolution='fine': .*; fixed_resolution=0: "):
        resolutions_of({"moving": "fine", "fixed": 0}, {"moving": None, "fixed": 0.5})


def test_damaged_files(tmp_path: Path) -> None:
    whole = io.BytesIO()
    Image.fromarray(RAMP.astype(np.uint8)).save(whole, format="PNG")
    for name, data in {"cut.png": whole.getvalue()[:-40], "text.png": b"no picture", "empty.png": b""}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DataError, match=f"the fixed picture .*{name} cannot be read"):
            Sheet(tmp_path / name, "fixed").reduced(1)


def test_stains_are_told_apart() -> None:
    nuclei, ground = np.array([0.65, 0.70, 0.29]), np.array([0.07, 0.99, 0.11])
    density = np.zeros((40, 40, 3))
    density[10:20, 10:30], density[20:30, 10:30] = 0.8 * nuclei, 0.8 * ground
    amount, channel, name = amounts(240 * np.exp(-density), SEEN, "auto")
    assert name == "hematoxylin"
    assert channel[10:20, 10:30].mean() == pytest.approx(0.8 * np.linalg.norm(nuclei), rel=0.02)
    assert channel[20:30, 10:30].max() < 0.02
    assert amount[20:30, 10:30].min() > 0.1
    assert hematoxylin(density)[0, 0] == 0


def test_grey_is_counted_from_the_background() -> None:
    bright = np.full((40, 40), 200.0)
    bright[10:30, 10:30] = 100
    for picture in (bright, 255 - bright, np.repeat(bright[..., None], 3, axis=2)):
        amount, _, name = amounts(picture, SEEN, "auto")
        assert name == "grey"
        assert not is_stained(picture, SEEN)
        assert amount[20, 20] > 0.5
        assert amount[0, 0] < 0.05


def test_pieces_of_tissue_with_holes_filled_and_dust_left_out() -> None:
    amount = np.zeros((80, 80))
    amount[10:40, 10:40] = 1.0
    amount[20:25, 20:25] = 0.0
    amount[55:70, 50:70] = 0.2  # pale
    amount[75:77, 5:7] = 1.0
    mask = tissue(amount, np.ones((80, 80), dtype=bool), "fixed")
    assert mask[22, 22]
    assert mask[62, 60]
    assert not mask[76, 6]
    assert not mask[45:, :40].any()
