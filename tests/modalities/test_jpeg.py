"""The quick way to decode a JPEG gives the pixels of the careful one, or leaves the file to it."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import polymodal as pm
from polymodal.modalities import _jpeg
from polymodal.modalities._jpeg import decoded


def jpeg(height: int, width: int, mode: str = "RGB", **how: object) -> bytes:
    noise = np.random.default_rng(height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    data = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(data, format="JPEG", **how)
    return data.getvalue()


def careful(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"))


@pytest.mark.parametrize(
    "data",
    [
        jpeg(20, 33),
        jpeg(33, 20, quality=40, subsampling=2),
        jpeg(1, 1),
        jpeg(31, 17, mode="L"),
        jpeg(40, 40, progressive=True),
    ],
)
def test_pixels_are_those_of_pillow(data: bytes) -> None:
    found = decoded(memoryview(data), 64)
    assert found is not None
    assert np.array_equal(found, careful(data))
    frame = pd.DataFrame({"x": pd.Series([data], dtype=object)})
    assert np.array_equal(pm.Image(size=64).read("x", frame, None).samples[0], found)


def test_what_needs_a_closer_look_is_left_to_pillow() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    others = [jpeg(20, 33, exif=turned), jpeg(20, 33, mode="CMYK"), jpeg(80, 10), jpeg(20, 33)[:-40], b"", b"GIF89a"]
    assert [decoded(one, 64) for one in others] == [None] * len(others)


def test_a_size_read_from_the_markers_is_that_of_the_package() -> None:
    plain = jpeg(20, 33)
    segment = b"\xff\xe2\x00\x06ICC\0"
    adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x01"
    camera = b"\xff\xe1\x00\x0aExif\0\0MM"
    after = plain.index(b"\xff\xdb")
    assert _jpeg._noted_size(plain) == (20, 33)
    assert _jpeg._noted_size(plain[:after] + segment + plain[after:]) == (20, 33)
    assert _jpeg._noted_size(jpeg(7, 9, mode="L", progressive=True)) == (7, 9)
    assert _jpeg._noted_size(plain[:after] + camera + plain[after:]) == (0, 0)
    scan = plain.index(b"\xff\xda")
    assert _jpeg._noted_size(plain[:scan] + camera + plain[scan:]) == (0, 0)
    # What is unusual is for the package: other colours, fill bytes, no JFIF, cut off before the pixels.
    others = [plain[:after] + adobe + plain[after:], plain[:after] + b"\xff" + plain[after:], plain[:scan]]
    others += [plain[:2] + plain[after:], b"\xff\xd8\xff", b"\xff\xd8" + segment * 100 + plain[2:]]
    assert [_jpeg._noted_size(one) for one in others] == [None] * len(others)
    assert [_jpeg.plain_size(one, 64) for one in (others[0], others[1], others[3])] == [(20, 33)] * 3


def test_pictures_of_one_making_are_told_by_their_first_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = _jpeg._Sizes()
    plain = jpeg(20, 33)
    assert sizes(plain) == (20, 33)
    at, before, after = sizes.last
    assert before + plain[at : at + 4] + after == plain[: plain.index(b"\xff\xda") + 2]
    segments = _jpeg._segments
    monkeypatch.setattr(_jpeg, "_segments", lambda data: None)
    assert sizes(memoryview(jpeg(33, 20))) == (33, 20)
    changed = bytearray(plain)
    changed[at + 4] = 4  # colours
    others = [bytes(changed), jpeg(20, 33, quality=40), plain[: len(before) + len(after)], b""]
    assert [sizes(one) for one in others] == [None] * len(others)
    monkeypatch.setattr(_jpeg, "_segments", segments)
    assert sizes(jpeg(20, 33, quality=40)) == (20, 33)
    assert sizes.last != (at, before, after)


@pytest.mark.parametrize("order", [1, -1])
def test_sizes_of_many_are_those_of_each(order: int) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    files = [jpeg(20, 33), b"", jpeg(33, 20), jpeg(20, 33, quality=40), jpeg(20, 33, exif=turned), jpeg(80, 10)]
    files += [
        jpeg(20, 33, mode="CMYK"),
        jpeg(7, 9, mode="L"),
        b"GIF89a",
        jpeg(9, 7)[:300],
        jpeg(64, 64),
        jpeg(9, 7)[:5],
    ]
    files = files[::order]
    stops = np.cumsum([len(one) for one in files])
    starts = stops - [len(one) for one in files]
    found = _jpeg.plain_sizes(memoryview(b"".join(files)), starts, stops, 64)
    assert found.tolist() == [list(_jpeg.plain_size(one, 64) or (0, 0)) for one in files]


def test_without_the_package_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    data = jpeg(20, 33)
    frame = pd.DataFrame({"x": pd.Series([data], dtype=object)})
    quick = pm.Image(size=64).read("x", frame, None).samples[0]
    monkeypatch.setattr(_jpeg, "_simplejpeg", lambda: None)
    assert decoded(data, 64) is None
    assert np.array_equal(pm.Image(size=64).read("x", frame, None).samples[0], quick)
