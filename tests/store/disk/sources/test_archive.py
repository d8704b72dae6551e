"""WebDataset archives: read by offset, names checked, nothing extracted."""

import gc
import io
import json
import tarfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

import polymodal as pm
from polymodal.errors import DataError, SchemaError
from polymodal.store.disk.sources import unpacked
from polymodal.store.disk.sources.archive import archives_of, open_archives
from polymodal.store.disk.sources.unpacked import codec_of


def picture(seed: int) -> bytes:
    data = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (9, 7, 3), dtype=np.uint8)).save(data, format="PNG")
    return data.getvalue()


def array(values: np.ndarray) -> bytes:
    data = io.BytesIO()
    np.save(data, values)
    return data.getvalue()


def write(path, members) -> None:
    with tarfile.open(path, "w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            if isinstance(data, bytes):
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
            else:
                info.type, info.linkname = tarfile.SYMTYPE, data
                archive.addfile(info)


@pytest.fixture
def shards(tmp_path):
    folder = tmp_path / "shards"
    folder.mkdir()
    for shard in range(2):
        members = []
        for row in range(shard * 10, shard * 10 + 10):
            members.append((f"train/{row:04}.cls", str(row % 2).encode()))
            if row % 3:
                members.append((f"train/{row:04}.png", picture(row)))
            if row % 4:
                members.append((f"train/{row:04}.txt", f"picture number {row}, taken by hand".encode()))
            members.append((f"train/{row:04}.gait.npy", array(np.arange(row + 1, dtype=np.float32)[:, None])))
            members.append((f"train/{row:04}.json", json.dumps({"age": row, "ward": "AB"[row % 2]}).encode()))
        write(folder / f"{shard:03}.tar", members)
    return folder


def test_samples_are_rows_and_endings_columns(shards, tmp_path):
    store = pm.Store.create(tmp_path / "rows.lance", shards, target="cls", id="__key__")
    assert {name: one.kind for name, one in store.schema.modalities.items()} == {
        "gait.npy": "series",
        "png": "image",
        "tabular": "tabular",
        "txt": "text",
    }
    table = store.table()
    assert len(table) == 20
    for row, key in enumerate(table.row_names()):
        number = int(key.removeprefix("train/"))
        assert table.frame["cls"].iloc[row] == number % 2
        assert table.frame["age"].iloc[row] == number
        shown, told = table.cells("png").samples[row], table.cells("txt").samples[row]
        assert (shown is None) == (number % 3 == 0)
        if shown is not None:
            np.testing.assert_array_equal(shown, Image.open(io.BytesIO(picture(number))))
        assert told == (f"picture number {number}, taken by hand" if number % 4 else None)
        assert len(table.cells("gait.npy").samples[row]) == number + 1


def test_paths_of_archives(shards, tmp_path):
    both = [shards / "000.tar", shards / "001.tar"]
    assert archives_of(shards) == archives_of(both) == archives_of([str(one) for one in both]) == both
    assert archives_of(tmp_path) == archives_of("x.csv") == archives_of({"x": [1]}) == archives_of([]) == []
    with pytest.raises(DataError, match="unpack it"):
        archives_of("shards.tar.xz")


@pytest.mark.parametrize(
    ("member", "says"),
    [
        (("../0001.png", b"x"), "leads out of the archive"),
        (("/etc/0001.png", b"x"), "leads out of the archive"),
        (("a/../../0001.png", b"x"), "leads out of the archive"),
        (("0001.png", "/etc/passwd"), "is a link"),
        (("0000.txt", b"again"), "is there twice"),
    ],
)
def test_names_are_checked(tmp_path, member, says):
    write(tmp_path / "bad.tar", [("0000.txt", b"fine"), member])
    with pytest.raises(DataError, match=says):
        open_archives([tmp_path / "bad.tar"])


def test_broken_archives(shards, tmp_path):
    (tmp_path / "junk.tar").write_bytes(b"no archive at all" * 100)
    with pytest.raises(DataError, match="cannot be read as a tar archive"):
        open_archives([tmp_path / "junk.tar"])
    write(tmp_path / "empty.tar", [])
    with pytest.raises(SchemaError, match="hold no sample"):
        open_archives([tmp_path / "empty.tar"])


def test_broken_members_are_noted(tmp_path):
    members = [(f"{row}.txt", f"a text of words {row}".encode()) for row in range(4)]
    members += [(f"{row}.png", picture(row)[: 60 if row == 2 else None]) for row in range(4)]
    members[1] = ("1.txt", b"\xff\xfe broken")
    write(tmp_path / "rows.tar", members)
    types = {"txt": "text", "png": "image"}
    store = pm.Store.create(tmp_path / "rows.lance", tmp_path / "rows.tar", types=types, ignore="__key__")
    found = store.quarantine().sort_values("row")
    assert found[["row", "column"]].to_numpy().tolist() == [[1, "txt"], [2, "png"]]
    assert found["path"].tolist()[0] == "1.txt"
    assert store.report().presence == {
        "png": {"present": 3, "absent": 0, "unreadable": 1},
        "txt": {"present": 3, "absent": 0, "unreadable": 1},
    }


def test_another_archive_is_another_source(shards):
    before = open_archives(archives_of(shards)).fingerprint
    assert open_archives(archives_of(shards)).fingerprint == before
    write(shards / "001.tar", [("x.txt", b"other")])
    assert open_archives(archives_of(shards)).fingerprint != before


@pytest.mark.parametrize("ending", [".tar.gz", ".tgz", ".tar.bz2", ".tar.zst"])
def test_compressed_ones_are_read_like_plain_ones(shards, tmp_path, ending):
    folder = tmp_path / "compressed"
    folder.mkdir()
    for one in shards.iterdir():
        packed(folder / f"{one.stem}{ending}", one.read_bytes())
    rows, plain = open_archives(archives_of(folder)), open_archives(archives_of(shards))
    some = np.array([19, 0, 11])
    pd.testing.assert_frame_equal(rows.take(some), plain.take(some))
    folder = rows._unpacked.folder
    assert rows.fingerprint != plain.fingerprint
    del rows
    gc.collect()
    assert not folder.exists()


def packed(path, data):
    with pa.OSFile(str(path), "wb") as file, pa.CompressedOutputStream(file, codec_of(path)) as stream:
        stream.write(data)


def test_a_store_of_a_compressed_one(shards, tmp_path):
    packed(tmp_path / "one.tgz", (shards / "000.tar").read_bytes())
    store = pm.Store.create(tmp_path / "rows.lance", tmp_path / "one.tgz", target="cls", id="__key__")
    assert len(store) == 10
    assert store.table().present().sum() == len(store) * 4 - 4 - 3


def test_names_are_checked_in_compressed_ones(tmp_path):
    write(tmp_path / "bad.tar", [("0000.txt", b"fine"), ("../0001.png", b"x")])
    packed(tmp_path / "bad.tar.gz", (tmp_path / "bad.tar").read_bytes())
    with pytest.raises(DataError, match=r"bad.tar.gz has members.*\n.*leads out of the archive"):
        open_archives([tmp_path / "bad.tar.gz"])


def test_what_unpacks_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacked, "_ALWAYS", 2**20)
    packed(tmp_path / "bomb.tar.zst", bytes(64 * 2**20))
    with pytest.raises(DataError, match="200 times its size"):
        open_archives([tmp_path / "bomb.tar.zst"])
    monkeypatch.setattr(unpacked, "_SPARE", 2**62)
    packed(tmp_path / "small.tar.gz", bytes(2**12))
    with pytest.raises(DataError, match="make room there"):
        open_archives([tmp_path / "small.tar.gz"])


@pytest.mark.parametrize("ending", [".tar.gz", ".tar.zst"])
def test_broken_compressed_ones(shards, tmp_path, ending):
    path = tmp_path / f"half{ending}"
    packed(path, (shards / "000.tar").read_bytes())
    path.write_bytes(path.read_bytes()[:-900])
    with pytest.raises(DataError, match="cannot be"):
        open_archives([path])
    path.write_bytes(b"no archive at all")
    with pytest.raises(DataError, match="cannot be unpacked"):
        open_archives([path])


def test_patterns(shards):
    both = sorted(shards.iterdir())
    for name in ("*.tar", "00?.tar", "{000..001}.tar", "00{0,1}.tar"):
        assert archives_of(f"{shards}/{name}") == both
    assert archives_of(f"{shards}/rows-*.csv") == []
    for name in ("{000..002}.tar", "x*.tar"):
        with pytest.raises(DataError, match=r"no archive is called .*(002|x\*)\.tar"):
            archives_of(f"{shards}/{name}")


def test_a_file_of_nothing_leaves_its_column(tmp_path):
    members = [(f"{row}.png", picture(row) if row else b"") for row in range(8)]
    write(tmp_path / "a.tar", [*members, *((f"{row}.bin", b"?") for row in range(8))])
    store = pm.Store.create(tmp_path / "rows.lance", tmp_path / "a.tar")
    assert store.states()[:, store.schema.names.index("png")].tolist().count(2) == 1
    assert store.quarantine()["reason"].tolist() == ["the file is empty"]
    assert list(store.report().left_out) == ["bin"]
    assert "Columns left out (1)\n  bin  no modality recognises bytes values" in str(store.report())
