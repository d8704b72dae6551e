"""What phones, exports and the web put into tables: each is read, or refused with a reason that says what to do."""

import gzip
import io
import resource
import signal
import unicodedata
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image, PngImagePlugin

import polymodal as pm
from polymodal.errors import ArtifactError
from polymodal.registry import MODALITIES
from polymodal.schema.cells import Cells, State

READ_FILES = [kind for kind in MODALITIES.names() if MODALITIES.get(kind).reads_files]
ENDINGS = {"image": "png", "audio": "wav", "video": "mp4", "volume": "nii.gz"}
NEEDS = {"audio": "soundfile", "volume": "nibabel", "video": "av"}


def read(kind: str, cells: list[Any], files: Path | None = None) -> Cells:
    frame = pd.DataFrame({"cell": pd.Series(cells, dtype=object)})
    found: Cells = MODALITIES.get(kind)().read("cell", frame, files)
    return found


def told(kind: str, cell: Any, files: Path | None = None) -> str:
    """Why a cell cannot be read."""
    cells = read(kind, [cell], files)
    assert cells.state.tolist() == [State.UNREADABLE]
    return cells.faults[0].reason


def encoded(picture: Image.Image, form: str, **settings: Any) -> bytes:
    data = io.BytesIO()
    picture.save(data, format=form, **settings)
    return data.getvalue()


@pytest.mark.parametrize("kind", READ_FILES)
def test_an_empty_file(kind: str, tmp_path: Path) -> None:
    pytest.importorskip(NEEDS.get(kind, "numpy"))
    name = f"empty.{ENDINGS.get(kind, 'npy')}"
    (tmp_path / name).write_bytes(b"")
    cells = read(kind, [name], tmp_path)
    assert cells.state.tolist() == [State.UNREADABLE]
    assert cells.faults[0].path == str(tmp_path / name)
    frame = pd.DataFrame({"cell": [name, None], "age": [1.0, 2.0]})
    store = pm.Store.create(tmp_path / "rows.lance", frame, files=tmp_path, types={"cell": kind, "age": "tabular"})
    (fault,) = store.quarantine().itertuples()
    assert (fault.reason, fault.path) == ("the file is empty", str(tmp_path / name))


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        ("image", "note.png", "no known format"),
        ("audio", "note.wav", "WAV, FLAC, Ogg and MP3 are read, and this begins as none of them"),
        ("audio", "picture.wav", "begins as none of them"),
        ("image", "sound.png", "no known format"),
        ("series", "note.npy", "not a readable array"),
        ("points", "picture.npy", "not a readable array"),
        ("volume", "note.nii", "it is no NIfTI file"),
    ],
)
def test_another_format_than_its_name_says(kind: str, name: str, says: str, tmp_path: Path) -> None:
    pytest.importorskip(NEEDS.get(kind, "numpy"))
    (tmp_path / name).write_bytes(
        {
            "note": b"no picture, no sound, no array" * 20,
            "picture": encoded(Image.new("RGB", (8, 8)), "PNG"),
            "sound": b"RIFF\x24\0\0\0WAVEfmt " + bytes(30),
        }[name.partition(".")[0]]
    )
    assert says in told(kind, name, tmp_path)


def test_what_a_file_holds_counts_not_its_name(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(encoded(Image.new("RGB", (8, 8), "red"), "JPEG"))
    assert read("image", ["photo.png"], tmp_path).samples[0][0, 0, 0] > 200


def test_bombs(tmp_path: Path) -> None:
    """A few bytes that would become gigabytes."""
    picture = bytearray(encoded(Image.new("L", (1, 1)), "PNG"))
    picture[16:24] = (20_000).to_bytes(4) + (20_000).to_bytes(4)
    picture[29:33] = zlib.crc32(picture[12:29]).to_bytes(4)
    assert "its pixels are over the limit of 100,000,000; make it smaller" in told("image", bytes(picture))
    notes = PngImagePlugin.PngInfo()
    notes.add_text("note", "0" * 50_000_000, zip=True)
    assert "not a readable picture: Decompressed data too large" in told(
        "image", encoded(Image.new("L", (2, 2)), "PNG", pnginfo=notes)
    )
    pytest.importorskip("nibabel")
    header = bytearray(352)
    header[0:4], header[40:56] = (
        (348).to_bytes(4, "little"),
        np.array([3, 30000, 30000, 30000, 1, 1, 1, 1], "<i2").tobytes(),
    )
    header[70:74], header[108:112] = np.array([4, 16], "<i2").tobytes(), np.float32(352).tobytes()
    header[344:348] = b"n+1\0"
    (tmp_path / "huge.nii.gz").write_bytes(gzip.compress(bytes(header)))
    assert "30000" in told("volume", "huge.nii.gz", tmp_path)


def test_a_hundred_megapixels_are_read_and_one_row_more_is_not() -> None:
    """In a few megabytes of memory: a JPEG is decoded at a fraction of its size."""
    assert read("image", [encoded(Image.new("L", (10_000, 10_000)), "JPEG")]).samples[0].shape == (64, 64, 3)
    assert "10001 x 10000 pixels is over the limit" in told(
        "image", encoded(Image.new("1", (10_001, 10_000)), "PNG", compress_level=1)
    )


def every_script() -> list[str]:
    """One text for each 128 places of Unicode that have letters, among them right to left, joined and astral."""
    blocks = (range(start, start + 128) for start in (*range(0x80, 0xD800, 128), *range(0xF900, 0x32000, 128)))
    texts = ("".join(chr(one) for one in block if unicodedata.category(chr(one))[0] in "LMNS") for block in blocks)
    return [f"{text[:20]} {text[20:40]}" for text in texts if len(text) > 20]


def test_unicode_of_every_script(tmp_path: Path) -> None:
    texts = every_script()
    assert len(texts) > 500
    rows = pd.DataFrame(
        {
            "note": texts,
            "letters": texts,
            "ward": [one[:3] for one in texts],
            "y": [0, 1] * (len(texts) // 2) + [0] * (len(texts) % 2),
        }
    )
    rows.to_csv(tmp_path / "rows.csv", index=False)
    types = {"note": "text", "letters": "sequence", "ward": pm.Tabular(columns=("ward",), categories=("ward",))}
    table = pm.Table.read(tmp_path / "rows.csv", target="y", types=types)
    assert table.present().all()
    assert table.cells("note").samples == texts
    store = pm.Store.create(tmp_path / "rows.lance", table, shuffle=False)
    assert store.table().cells("note").samples == texts
    assert store.table().cells("ward").samples == table.cells("ward").samples
    for name in ("note", "letters"):
        kind, samples = table.schema.modalities[name], table.cells(name).samples
        statistics = kind.measure(samples)
        values, mask = kind.collate([kind.prepare(one, statistics) for one in samples], statistics)
        assert mask is not None
        assert len(values) == len(texts)


def test_columns_files_and_targets_of_every_script(tmp_path: Path) -> None:
    names = ["фото", "写真", "صورة", "תמונה", "ภาพ", "चित्र", "📷", "e\u0301te"]
    for name in names:
        (tmp_path / f"{name}.png").write_bytes(encoded(Image.new("RGB", (8, 8)), "PNG"))
    rows = {name: [f"{one}.png" for one in names] for name in names} | {"οὐσία": ["あ", "い"] * 4}
    table = pm.Table.read(rows, files=tmp_path, target="οὐσία")
    assert {one.kind for one in table.schema.modalities.values()} == {"image"}
    assert table.present().all()
    store = pm.Store.create(tmp_path / "写真.lance", table)
    assert store.table().present().all()
    assert store.schema.targets.keys() == {"οὐσία"}


def test_paths_and_addresses(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (tmp_path / "secret.png").write_bytes(encoded(Image.new("L", (4, 4)), "PNG"))
    (files / "link.png").symlink_to(tmp_path / "secret.png")
    (files / "loop.png").symlink_to(files / "loop.png")
    for cell, says in {
        "link.png": "the path leads out of files=",
        "../secret.png": "the path leads out of files=",
        str(tmp_path / "secret.png"): "the path leads out of files=",
        "loop.png": "not a usable path",
        "nowhere.png": "no such file",
        "x" * 5000 + ".png": "not a usable path",
        "a\0b.png": "null character",
        "file:///etc/passwd": "addresses are not fetched; download the file and give its path",
        "http://example.org/a.png": "addresses are not fetched",
    }.items():
        assert says in told("image", cell, files), cell


def test_a_cloud_of_a_million_points() -> None:
    cloud = np.random.default_rng(0).random((1_000_000, 3), dtype=np.float32)
    (sample,) = read("points", [cloud]).samples
    np.testing.assert_allclose(sample.mean(axis=0), 0.5, atol=0.02)
    assert len(sample) == MODALITIES.get("points")().max_points


def test_a_disk_that_is_really_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    table = pm.Table.read({"scan": [random.normal(size=500) for _ in range(300)]}, types={"scan": "series"})
    handler, limits = signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
    try:
        with pytest.raises(ArtifactError, match=r"cannot write .*rows\.lance: .*the same call goes on from there once"):
            pm.Store.create(tmp_path / "rows.lance", table)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert pm.Store.create(tmp_path / "rows.lance", table).table().present().all()
