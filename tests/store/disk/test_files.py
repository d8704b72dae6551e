"""Files of every format come back out of a store as they were read from their folder."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import polymodal as pm
from polymodal.schema.cells import State


def pictures(folder, random):
    colours = Image.fromarray(random.integers(0, 256, (40, 90, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    colours.save(folder / "turned.jpg", exif=exif)
    colours.convert("CMYK").save(folder / "print.jpg")
    colours.convert("P").save(folder / "moving.gif", save_all=True, append_images=[colours.convert("P")])
    Image.fromarray(random.integers(0, 256, (20, 20, 4), dtype=np.uint8)).save(folder / "clear.png")
    Image.fromarray(random.integers(0, 65536, (20, 30)).astype(np.uint16)).save(folder / "deep.png")
    colours.save(folder / "web.webp")
    colours.save(folder / "cut.png")
    (folder / "cut.png").write_bytes((folder / "cut.png").read_bytes()[:300])


def recordings(folder, random):
    soundfile = pytest.importorskip("soundfile")
    for name, rate in (("a.wav", 8000), ("b.flac", 16000), ("c.ogg", 22050), ("d.mp3", 16000)):
        soundfile.write(folder / name, random.normal(scale=0.1, size=(4000, 2)), rate)
    soundfile.write(folder / "cut.wav", random.normal(scale=0.1, size=4000), 8000)
    (folder / "cut.wav").write_bytes((folder / "cut.wav").read_bytes()[:3000])


def series(folder, random):
    steps = random.normal(size=(30, 2))
    np.save(folder / "a.npy", steps.astype(np.float32))
    frame = pd.DataFrame(steps, columns=["x", "y"])
    frame.to_csv(folder / "b.csv", index=False)
    frame.to_csv(folder / "c.tsv", index=False, sep="\t")
    frame.to_parquet(folder / "d.parquet")
    (folder / "junk.npy").write_bytes(b"junk")


def arrays(folder, random):
    np.save(folder / "a.npy", random.normal(size=(12, 9, 10)).astype(np.float32))
    (folder / "junk.npy").write_bytes(b"junk")


def clouds(folder, random):
    np.save(folder / "a.npy", random.normal(size=(12, 4)))
    (folder / "junk.npy").write_bytes(b"junk")


FILES = {"image": pictures, "audio": recordings, "series": series, "points": clouds, "volume": arrays}


@pytest.mark.parametrize("kind", sorted(FILES))
def test_as_from_the_folder(kind, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    FILES[kind](folder, np.random.default_rng(0))
    paths = sorted(file.name for file in folder.iterdir())
    frame = pd.DataFrame({kind: [*paths, None], "age": 1.0})
    table = pm.Table.read(frame, files=folder, types={kind: kind, "age": "tabular"})
    before = table.cells(kind)
    assert (before.state == State.UNREADABLE).sum() == 1
    store = pm.Store.create(tmp_path / "rows.lance", table, shuffle=False)
    for file in folder.iterdir():
        file.unlink()
    after = store.table().cells(kind)
    np.testing.assert_array_equal(after.state, before.state)
    for one, other in zip(after.samples, before.samples, strict=True):
        np.testing.assert_equal(one, other)
    [fault], [known] = after.faults, before.faults
    assert (fault.row, fault.column) == (known.row, known.column)
    assert fault.path.endswith(("cut.png", "cut.wav", "junk.npy"))
