"""Large pictures in levels: halves of halves, of which the smallest that is large enough is read."""

import copy
import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import polymodal as pm
from polymodal.modalities._pyramid import pyramid
from polymodal.schema.audit import _digest
from polymodal.schema.cells import Unreadable
from polymodal.store.disk import pyramids
from polymodal.store.disk.cell import from_bytes, to_bytes
from polymodal.store.disk.pictures import Pictures


def encoded(pixels, format="PNG", **how):
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, format=format, **how)
    return data.getvalue()


PIXEL = encoded(np.zeros((1, 1, 3), dtype=np.uint8))


def gradient(height, width):
    """Smooth enough for JPEG to say the same."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows * 255 / height, columns * 255 / width, (rows + columns) % 256 / 4], axis=2).astype(np.uint8)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(pyramids, "LARGE", 200)
    monkeypatch.setattr(pyramids, "_LEAST", 50)


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_halves_of_halves(format):
    data = encoded(gradient(300, 400), format)
    raw = Pictures(pyramid=True, quality=None).stored(data)
    assert raw["sides"] == [400, 200, 100, 50]
    assert raw["levels"][0] is data
    whole = np.asarray(Image.open(io.BytesIO(data))).astype(float)
    for level, size in ((1, 2), (2, 4), (3, 8)):
        found = np.asarray(Image.open(io.BytesIO(raw["levels"][level]))).astype(float)
        height = 300 // size
        means = whole[: height * size].reshape(height, size, 400 // size, size, 3).mean(axis=(1, 3))
        assert np.abs(found[:height] - means).mean() < 2


def test_what_is_not_large_stays():
    data = encoded(gradient(90, 120))
    assert Pictures(pyramid=True).stored(data) is data
    short = Pictures(pyramid=True, longest_side=150).stored(encoded(gradient(300, 400)))
    assert max(Image.open(io.BytesIO(short)).size) == 150


def test_odd_sides_and_turned_ones():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    raw = Pictures(pyramid=True).stored(encoded(gradient(301, 403), "JPEG", exif=exif.tobytes()))
    assert raw["sides"] == [403, 202, 101, 51, 26]
    assert pm.Image(size=200)._decode(raw, None).shape[0] == 200
    turned = [Image.open(io.BytesIO(one)).size for one in raw["levels"][1:]]
    assert all(height > width for width, height in turned)


@pytest.mark.parametrize(("size", "level"), [(40, 3), (50, 3), (64, 2), (101, 1), (400, 0), (4000, 0)])
def test_the_smallest_that_is_large_enough(size, level, monkeypatch):
    raw = Pictures(pyramid=True).stored(encoded(gradient(300, 400)))
    seen = []
    real = pm.Image._open
    monkeypatch.setattr(
        pm.Image, "_open", lambda self, data, path: seen.append(data.getvalue()) or real(self, data, path)
    )
    monkeypatch.setattr("polymodal.modalities.image.decoded", lambda data, longest: None)
    picture = pm.Image(size=size)._decode(raw, None)
    assert seen == [raw["levels"][level]]
    assert max(picture.shape) == min(size, 400)


def test_in_a_store(make, pictures, tmp_path):
    Image.fromarray(gradient(300, 400)).save(pictures / "5.png")
    (pictures / "6.png").write_bytes(encoded(gradient(300, 400))[:-5000])
    rows = pd.DataFrame({"photo": [f"{row}.png" for row in range(8)], "y": ["u", "v"] * 4})
    store = make(rows, files=pictures, target="y", pictures={"pyramid": True}, shuffle=False)
    plain = make(rows, files=pictures, target="y", shuffle=False, name="plain.lance")
    here, there = store.table().cells("photo"), plain.table().cells("photo")
    assert here.state.tolist() == there.state.tolist() == [1] * 6 + [2, 1]
    np.testing.assert_array_equal(here.samples[3], there.samples[3])
    assert np.abs(here.samples[5].astype(float) - there.samples[5]).mean() < 3
    whole = store.table().with_schema(store.schema.model_copy(update={"modalities": {"photo": pm.Image(size=400)}}))
    np.testing.assert_array_equal(whole.cells("photo").samples[5], gradient(300, 400))
    batch = next(iter(pm.Loader(store, batch_size=8, form="decoded", columns="photo", shuffle=False)))
    assert batch.fields["photo"].values.shape[0] == 7
    again = store.append(rows.assign(photo="5.png").iloc[:1], files=pictures)
    assert again.table().frame["photo"].iloc[-1]["sides"] == [400, 200, 100, 50]


def test_several_a_cell(make, pictures):
    Image.fromarray(gradient(300, 400)).save(pictures / "5.png")
    rows = pd.DataFrame({"photos": [["5.png", "1.png"]] * 3, "y": ["u", "v", "u"]})
    types = {"photos": pm.Image(many=True)}
    store = make(rows, files=pictures, target="y", types=types, pictures={"pyramid": True})
    assert [one.shape for one in store.table().cells("photos").samples[0]] == [(48, 64, 3), (12, 16, 3)]


@pytest.mark.parametrize("raw", [{"sides": [1]}, {"sides": [4], "levels": ["x"]}, {"a": 1}])
def test_other_dicts_are_no_pictures(raw):
    with pytest.raises(Unreadable, match=r"a (dict|level) of a picture"):
        pm.Image()._decode(raw, None)


def test_levels_are_copied_when_asked_for():
    data = [bytes([one]) * 9 for one in range(3)]
    written = to_bytes(pyramid([4, 2, 1], data))
    levels = from_bytes(memoryview(written))["levels"]
    assert np.shares_memory(np.frombuffer(levels._files[1], np.uint8), np.frombuffer(written, np.uint8))
    assert levels == data == copy.deepcopy(levels)
    assert levels[1] == data[1]
    assert levels[1:] == data[1:]
    assert levels != data[:2]
    assert to_bytes(from_bytes(written)) == written
    older = to_bytes({"sides": [4, 2, 1], "levels": data})  # as they were written first
    assert pm.Image(size=8)._decode(from_bytes(to_bytes({"sides": [4], "levels": [PIXEL]})), None).shape == (1, 1, 3)
    assert from_bytes(older) == {"sides": [4, 2, 1], "levels": data}
    with pytest.raises(ValueError, match="9 bytes were written"):
        from_bytes(written[:-1])


def test_a_store_made_of_another_keeps_its_levels(make):
    rows = pd.DataFrame({"photo": [encoded(gradient(300, 400))] * 2, "y": ["u", "v"]})
    store = make(rows, target="y", pictures={"pyramid": True}, types={"photo": pm.Image(size=64)})
    again = make(store.table(), name="again.lance")
    raws = [one.table().frame["photo"].iloc[0] for one in (store, again)]
    assert raws[0] == raws[1]
    assert raws[0]["sides"] == [400, 200, 100, 50]
    one, two = (
        next(iter(pm.Loader(it, form="decoded", columns="photo", shuffle=False))) for it in (again, again.table())
    )
    assert one.fields["photo"].values.equal(two.fields["photo"].values)


def test_an_audit_tells_levels_of_one_size_apart():
    one, two, same = (_digest(pyramid([4, 2], [data, b"half"])) for data in (b"calm", b"calk", b"calm"))
    assert one == same != two
