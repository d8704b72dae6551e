"""Rows come in once, checked, in parallel; what is broken is noted, and what is cut off goes on."""

import subprocess
import sys
import textwrap
import threading

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import ArtifactError, CellError, SchemaError, SettingError
from polymodal.schema.cells import State
from polymodal.store.disk import batches
from polymodal.store.disk import dataset as disk
from polymodal.store.disk.sources.memory import MemoryRows


class Killed(BaseException):
    """What no code is prepared for."""


def cut_off(monkeypatch, after: int) -> None:
    """Make the disk fail once `after` fragments are there."""
    import lance.fragment

    real, written = lance.fragment.write_fragments, []

    def write(*arguments, **settings):
        if len(written) >= after:
            raise OSError(28, "No space left on device")
        written.append(1)
        return real(*arguments, **settings)

    monkeypatch.setattr(lance.fragment, "write_fragments", write)


def test_a_full_disk_loses_nothing_that_was_written(make, rows, tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        cut_off(patched, after=2)
        with pytest.raises(
            ArtifactError, match=r"No space left on device; what was written before is unharmed.*goes on"
        ):
            make(rows_per_fragment=8)
    half = pm.Store.open(tmp_path / "rows.lance")
    assert (len(half), half.is_complete) == (16, False)
    assert "incomplete, made from 40 rows" in repr(half)
    with pytest.raises(ArtifactError, match="16 of 40 rows"):
        half.table()
    with pytest.raises(ArtifactError, match="incomplete"):
        half.add_column("x", [0] * 16)
    store = make(rows_per_fragment=8)
    assert store.is_complete
    assert sorted(store.table().frame.index) == list(range(len(rows)))
    whole = make(name="whole.lance").table().frame
    pd.testing.assert_frame_equal(store.table().frame, whole)


def test_made_again_it_is_the_same_store(make):
    first = make()
    again = make()
    assert (again.version, len(again)) == (first.version, len(first))


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"seed": 1}, "with other seed"),
        ({"shuffle": False}, "with other seed, shuffle|with other shuffle"),
        ({"duplicates": "drop"}, "with other duplicates"),
        ({"pictures": {"quality": 50}}, "with other pictures"),
        ({"target": "ward"}, "with other types, targets or roles"),
    ],
)
def test_other_settings_are_another_store(make, other, says):
    make(seed=0)
    with pytest.raises(ArtifactError, match=says):
        make(**other)


def test_a_source_that_changed_meanwhile(make, rows, pictures, monkeypatch):
    with monkeypatch.context() as patched:
        cut_off(patched, after=2)
        with pytest.raises(ArtifactError):
            make(rows_per_fragment=8)
    changed = rows.assign(note=rows["note"].where(rows.index != 7, "something else"))
    with pytest.raises(ArtifactError, match="begun from another source, or the source has changed"):
        make(changed, files=pictures, target="ill")
    with pytest.raises(ArtifactError, match="another source"):
        make(rows.iloc[:30], files=pictures, target="ill")


def test_a_place_that_is_taken(make, tmp_path):
    (tmp_path / "rows.lance").mkdir()
    (tmp_path / "rows.lance" / "thesis.txt").write_text("mine")
    with pytest.raises(ArtifactError, match="is there already and no store"):
        make()
    assert (tmp_path / "rows.lance" / "thesis.txt").read_text() == "mine"
    (tmp_path / "file.lance").write_text("mine")
    with pytest.raises(ArtifactError, match="is there already and no store"):
        make(name="file.lance")


def test_what_cannot_be_read_is_noted_and_stays_unreadable(make, rows, pictures, tmp_path):
    (tmp_path / "secret.png").write_bytes((pictures / "5.png").read_bytes())
    (pictures / "1.png").write_bytes(b"")
    (pictures / "2.png").write_bytes((pictures / "2.png").read_bytes()[:100])
    (pictures / "3.png").unlink()
    (pictures / "3.png").symlink_to(tmp_path / "secret.png")
    cells = {
        "5": "../secret.png",
        "6": "nowhere.png",
        "7": "http://example.org/7.png",
        "9": "file:///etc/passwd",
        "10": str(tmp_path / "secret.png"),
        "11": "note.txt",
    }
    (pictures / "note.txt").write_text("no picture at all")
    photo = [cells.get(str(row), cell) for row, cell in enumerate(rows["photo"])]
    store = make(rows.assign(photo=photo), files=pictures, target="ill", types={"photo": "image"})
    told = store.quarantine().set_index("row").sort_index()
    assert told.index.tolist() == [1, 2, 3, 5, 6, 7, 9, 10, 11]
    assert (told["column"] == "photo").all()
    for row, said in {1: "empty", 3: "leads out", 5: "leads out", 6: "no such file", 10: "leads out"}.items():
        assert said in told["reason"][row]
    assert told["reason"][7] == told["reason"][9] == "addresses are not fetched; download the file and give its path"
    assert told["path"][7] == "http://example.org/7.png"
    assert "no known format" in told["reason"][11]
    assert "note.txt" in told["path"][11]
    table = store.table()
    cells = table.cells("photo")
    assert sorted(table.frame.index[cells.state == State.UNREADABLE]) == told.index.tolist()
    assert all(isinstance(fault, CellError) and fault.reason == told["reason"][fault.row] for fault in cells.faults)
    np.testing.assert_array_equal(store.states()[:, store.schema.names.index("photo")], cells.state)
    assert table.report().presence["photo"]["unreadable"] == 9


def test_a_broken_part_of_a_row_is_noted_and_the_rest_stays(make):
    frame = pd.DataFrame({"age": pd.Series([1.0, "12kg", None, 4], dtype=object), "dose": [1.0, 2.0, 3.0, 4.0]})
    table = pm.Table.read(frame, types={"clinic": pm.Tabular(columns=("age", "dose"), categories=())})
    schema = table.schema.model_copy(update={"modalities": {"clinic": pm.Tabular(columns=("age", "dose"))}})
    store = make(pm.Table(frame, schema), shuffle=False)
    [line] = store.quarantine().to_dict("records")
    assert (line["row"], line["column"]) == (1, "age")
    assert "12kg" in line["reason"]
    assert store.table().cells("clinic").samples[1] == (None, 2.0)
    assert [str(fault) for fault in store.table().faults()] == [str(f) for f in pm.Table(frame, schema).faults()]


def test_every_cell_is_decoded_once(make, monkeypatch):
    from polymodal.modalities.image import Image

    seen: list[object] = []
    lock, real = threading.Lock(), Image._decode

    def counted(self, raw, files):
        with lock:
            seen.append(raw)
        return real(self, raw, files)

    monkeypatch.setattr(Image, "_decode", counted)
    make()
    assert len(seen) == 30


def test_no_more_than_a_few_batches_are_held(make, monkeypatch):
    """However long the source is, the rows asked for run ahead of those written by a bounded number."""
    monkeypatch.setattr(batches, "_FIRST_ROWS", 2)
    monkeypatch.setattr(batches, "_MOST_ROWS", 2)
    asked, ahead = [0], []
    real = MemoryRows.take

    def take(self, rows):
        asked[0] += len(rows)
        return real(self, rows)

    monkeypatch.setattr(MemoryRows, "take", take)
    make(progress=lambda done, total: ahead.append(asked[0] - done))
    assert len(ahead) == 20
    assert max(ahead) <= 2 * (batches._THREADS + 2)


def test_what_goes_wrong_in_a_thread_is_raised_as_it_is(make, monkeypatch):
    def broken(self, rows):
        raise Killed

    monkeypatch.setattr(MemoryRows, "take", broken)
    with pytest.raises(Killed):
        make()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"duplicates": "dropp"}, "Did you mean 'drop'"),
        ({"near": 8, "duplicates": "drop"}, "from 0 to 7"),
        ({"near": 2}, "keeps them all"),
        ({"pictures": {"longest": 5}}, "Allowed: longest_side, quality"),
        ({"pictures": {"quality": 101}}, "less than or equal to 100"),
        ({"pictures": 5}, "pictures="),
        ({"rows_per_fragment": 0}, "rows_per_fragment"),
        ({"seed": -1}, "seed"),
    ],
)
def test_settings_that_cannot_be(make, settings, says, tmp_path):
    with pytest.raises(SettingError, match=says):
        make(**settings)
    assert not (tmp_path / "rows.lance").exists()


def test_a_table_says_itself_what_it_holds(make, rows, pictures):
    table = pm.Table.read(rows, files=pictures, target="ill")
    with pytest.raises(SettingError, match=r"a Table says already.*leave target out"):
        make(table, target="ill")
    with pytest.raises(SettingError, match="leave files= out"):
        make(table, files=pictures)
    with pytest.raises(SettingError, match="schema= says already"):
        make(rows, files=pictures, schema=table.schema, id="x")
    assert make(rows, files=pictures, schema=table.schema).schema == table.schema


def test_names_of_the_store_are_taken(make):
    with pytest.raises(SchemaError, match="columns of its own named _row"):
        make({"_row": [1, 2], "age": [1.0, 2.0]})


def test_without_lance_it_says_what_to_install(make, monkeypatch):
    monkeypatch.setitem(sys.modules, "lance", None)
    with pytest.raises(ImportError, match=r"pip install 'polymodal\[store\]'"):
        make()


def test_another_writer_is_noticed(make, monkeypatch):
    real = disk.append

    def append(dataset, batches, schema, uri, options):
        disk.opened(uri, None, None).update_metadata({"other": "was here"})
        return real(dataset, batches, schema, uri, options)

    monkeypatch.setattr(disk, "append", append)
    with pytest.raises(ArtifactError, match="written by another process"):
        make()


SCRIPT = """
    import os, signal, sys
    import lance
    import numpy as np
    import pandas as pd
    import polymodal as pm
    from polymodal.store.disk import batches

    n = 60
    random = np.random.default_rng(0)
    frame = pd.DataFrame({
        "scan": pd.Series([random.normal(size=(20, 3)) if row % 3 else None for row in range(n)], dtype=object),
        "note": [f"row {row} of many" for row in range(n)],
        "y": [row % 2 for row in range(n)],
    })
    batches._FIRST_ROWS = batches._MOST_ROWS = 3

    def make(place, kill_at):
        def watch(done, total):
            if done >= kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        types = {"scan": "points"}
        pm.Store.create(place, frame, target="y", types=types, rows_per_fragment=9, progress=watch)
        print(0)

    def rows(place):
        print(len(pm.Store.open(place)))

    def apart(do, *given):
        child = os.fork()
        if not child:
            do(*given)
            sys.stdout.flush()
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    pm.Store, pm.Table  # imported before the forks, which is what takes time
    for kill_at in (4, 31, 58, 1000):
        assert apart(make, sys.argv[1], kill_at) == (0 if kill_at == 1000 else -signal.SIGKILL)
        apart(rows, sys.argv[1])
    make(sys.argv[2], 1000)
"""


def test_killed_it_opens_and_goes_on(tmp_path):
    killed, whole = tmp_path / "killed.lance", tmp_path / "whole.lance"
    run = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(killed), str(whole)]
    said = subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
    assert said == ["0", "27", "54", "0", "60", "0"]  # what was committed each time, and at last all of it
    store = pm.Store.open(killed)
    assert store.is_complete
    frame = store.table().frame
    assert sorted(frame.index) == list(range(60))
    assert all(note == f"row {row} of many" for row, note in frame["note"].items())
    assert pm.Store.open(whole).table().frame.index.tolist() == frame.index.tolist()
    assert len(list((killed / "data").iterdir())) == 7  # what the killed ones left behind is gone


def test_killed_before_there_was_anything_it_begins_anew(make, tmp_path):
    """A transaction that was written and never committed is all that is there."""
    (tmp_path / "rows.lance" / "_transactions").mkdir(parents=True)
    (tmp_path / "rows.lance" / "_transactions" / "0-a.txn").write_bytes(b"half")
    (tmp_path / "rows.lance" / "_versions").mkdir()
    with pytest.raises(ArtifactError, match="is no store"):
        pm.Store.open(tmp_path / "rows.lance")
    assert len(make()) == 40


@pytest.mark.parametrize("address", ["http://example.org/a.lance", "file:///tmp/a.lance"])
def test_addresses_that_are_no_place(address):
    with pytest.raises(ArtifactError, match="a store is a folder, or an address of s3://"):
        pm.Store.create(address, {"x": [1.0, 2.0]})
    with pytest.raises(ArtifactError, match="a store is a folder"):
        pm.Store.open(address)
