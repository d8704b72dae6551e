"""A column more: written alone, there at once or not at all."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import ArtifactError, SchemaError, SettingError


def written(store: pm.Store) -> int:
    return sum(file.stat().st_size for file in Path(store.uri, "data").iterdir())


@pytest.fixture
def store(make):
    return make(rows_per_fragment=15)


def test_values_by_row(store):
    scores = np.arange(len(store)) / 7
    more = store.add_column("score", scores)
    np.testing.assert_array_equal(more.table().frame["score"], scores)
    assert more.table(where="score > 5").frame["score"].min() > 5
    assert "score" not in store.columns
    assert "score" not in pm.Store.open(store.uri, version=store.version).columns
    assert [one.change for one in more.versions()] == ["made", "column score"]
    assert pm.Store.open(store.uri).columns == more.columns


def test_a_series_goes_by_the_names_of_rows(store, rows):
    twice = store.add_column("twice", 2 * rows["age"]).table().frame  # in the order of the source, not of the store
    np.testing.assert_array_equal(twice["twice"], 2 * twice["age"])
    again = pm.Store.open(store.uri).add_column("again", twice[["twice"]]).table().frame
    np.testing.assert_array_equal(again["again"], again["twice"])
    for values, says in (
        (rows["age"].head(30), r"none for 3\d \(10 of 40 rows\)"),
        (pd.concat([rows["age"], rows["age"]]), "named twice"),
        (rows[["age", "ward"]], r"a frame of 'age', 'ward' came"),
    ):
        with pytest.raises(SettingError, match=says):
            pm.Store.open(store.uri).add_column("more", values)


def test_only_the_column_is_written(make):
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"note": [f"{random.normal()} " * 40 for _ in range(2000)], "y": [0, 1] * 1000})
    store = make(frame, target="y", types={"note": "text"})
    before, vectors = written(store), random.normal(size=(2000, 64)).astype(np.float32)
    more = store.add_column("embedding", vectors)
    assert written(more) - before <= 1.1 * vectors.nbytes
    np.testing.assert_array_equal(np.stack(more.table(columns="embedding").frame["embedding"]), vectors)


def test_a_function_of_some_columns(store):
    given = []

    def length(table):
        given.append((table.schema.names, sorted(table.frame.columns), len(table)))
        return [None if note is None else float(len(note)) for note in table.cells("note").samples]

    more = store.add_column("length", length, reads=["note"])
    frame = more.table().frame
    assert [None if pd.isna(n) else int(n) for n in frame["length"]] == [
        None if pd.isna(note) else len(note) for note in frame["note"]
    ]
    assert {names for names, _, _ in given} == {("note",)}
    assert sum(n for _, _, n in given) == len(store)


def test_read_as_a_modality(store):
    vectors = [None if row % 3 else np.float32([row, row + 0.5]) for row in range(len(store))]
    more = store.add_column("embedding", vectors, type="vector")
    assert more.schema.modalities["embedding"].kind == "vector"
    table = more.table()
    assert table.cells("embedding").present.sum() == 14
    np.testing.assert_array_equal(table.cells("embedding").samples[3], [3, 3.5])
    place = more.schema.names.index("embedding")
    np.testing.assert_array_equal(more.states()[:, place], table.cells("embedding").state)
    assert more.report().presence["embedding"] == {"present": 14, "absent": 26, "unreadable": 0}
    assert "embedding" in pm.Store.open(more.uri).schema.names


@pytest.mark.parametrize(
    "values",
    [
        ["a", None, "b"],
        [True, False, None],
        [1, 2, 3],
        pd.Series([1.5, None, 2.0]),
        [[1, 2], [3], None],
        [{"a": 1}, None, {"b": [2.5]}],
        [np.zeros((2, 2)), None, np.ones((1, 2))],
    ],
    ids=repr,
)
def test_values_of_any_kind(make, values):
    store = make({"x": [1.0, 2.0, 3.0]}, shuffle=False)
    found = store.add_column("new", values).table().frame["new"].tolist()
    for one, other in zip(found, list(values), strict=True):
        if other is None or (isinstance(other, float) and np.isnan(other)):
            assert one is None or np.isnan(one)
        else:
            np.testing.assert_equal(one, other)


@pytest.mark.parametrize(
    ("name", "values", "settings", "error", "says"),
    [
        ("age", [0.0] * 40, {}, SchemaError, "has a column 'age' already"),
        ("a.b", [0.0] * 40, {}, SettingError, "cannot be named"),
        ("_row", [0.0] * 40, {}, SettingError, "cannot be named"),
        ("x", [0.0] * 39, {}, SettingError, "one value for each of 40 rows; 39 came"),
        ("x", 5, {}, SettingError, "int came"),
        ("x", lambda table: [1], {}, SettingError, "has to say one value for each"),
        ("x", lambda table: ["a" if len(table) == 15 else 1] * len(table), {}, SettingError, "several kinds"),
        ("x", [0.0] * 40, {"type": "vectr"}, SchemaError, "Did you mean 'vector'"),
        ("x", lambda table: [1] * len(table), {"reads": ["agee"]}, SettingError, "Did you mean 'age'"),
    ],
)
def test_what_cannot_be_added(store, name, values, settings, error, says):
    with pytest.raises(error, match=says):
        store.add_column(name, values, **settings)
    assert len(pm.Store.open(store.uri).versions()) == 1


def test_a_fault_in_the_function_is_raised_as_it_is(store):
    given = []

    def broken(table):
        given.append(table)
        return [1 / (3 - len(given))] * len(table)

    with pytest.raises(ZeroDivisionError):
        store.add_column("x", broken)
    assert pm.Store.open(store.uri).version == store.version


def test_what_comes_late_decides(store):
    given = []

    def late(table):
        given.append(table)
        return [2.5 if len(given) > 1 else None] * len(table)

    more = store.add_column("late", late)
    assert more.table(where="late > 2").frame["late"].tolist() == [2.5] * 25


def test_only_to_the_last_version(store):
    store.add_column("one", [1] * 40)
    with pytest.raises(ArtifactError, match="not the last one"):
        store.add_column("two", [2] * 40)


def test_a_full_disk_leaves_it_as_it_was(store, monkeypatch):
    import lance

    def full(*arguments, **settings):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(lance.LanceFragment, "merge_columns", full)
    with pytest.raises(ArtifactError, match="No space left"):
        store.add_column("x", [0] * 40)
    assert pm.Store.open(store.uri).version == store.version


SCRIPT = """
    import os, signal, sys
    import lance
    import polymodal as pm

    pm.Store, pm.Table  # imported before the forks, which is what takes time
    def add(place, kill_at):
        def watch(done, total):
            if done >= kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        twice = lambda table: 2 * table.frame["ill"].to_numpy()
        pm.Store.open(place).add_column("twice", twice, reads=["ill"], progress=watch)

    for kill_at in map(int, sys.argv[2:]):
        child = os.fork()
        if not child:
            add(sys.argv[1], kill_at)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_killed_it_is_as_it_was(store):
    run = [sys.executable, "-c", textwrap.dedent(SCRIPT), store.uri, "1", "20", "40"]
    ends = subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
    assert ends == [str(-signal.SIGKILL)] * 3
    again = pm.Store.open(store.uri)
    assert (again.version, len(again), "twice" in again.columns) == (store.version, 40, False)
    assert sorted(again.table().frame.index) == list(range(40))
    frame = again.add_column("twice", lambda table: 2 * table.frame["ill"].to_numpy(), reads=["ill"]).table().frame
    assert (frame["twice"] == 2 * frame["ill"]).all()


def test_tensors(store):
    torch = pytest.importorskip("torch")
    vectors = torch.arange(80.0).reshape(40, 2)
    more = store.add_column("one", vectors).add_column("other", lambda rows: torch.ones(len(rows)), reads=["age"])
    np.testing.assert_array_equal(np.stack(more.table().frame["one"]), vectors.numpy())
    assert more.table(where="other = 1").frame["other"].dtype == np.float32
