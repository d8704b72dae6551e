import numpy as np
import pandas as pd
import pytest
from PIL import Image

import polymodal as pm
from polymodal.errors import DataError, SchemaError, SettingError
from polymodal.schema.cells import State

N = 60


@pytest.fixture
def columns():
    random = np.random.default_rng(0)
    return {
        "who": [f"p{n // 2}" for n in range(N)],
        "when": pd.date_range("2020-01-01", periods=N).tolist(),
        "note": [None if n % 3 == 0 else f"seen {n} times" for n in range(N)],
        "age": np.where(np.arange(N) % 5 == 0, np.nan, random.normal(size=N)).tolist(),
        "weight": [float(n % 4) for n in range(N)],
        "died": [None if n < 6 else "yes" if n % 4 == 0 else "no" for n in range(N)],
    }


@pytest.fixture
def table(columns):
    return pm.Table.read(columns, target="died", id="who", time="when", weight="weight")


def test_three_states_from_reader_to_table(tmp_path):
    for n in range(9):
        Image.fromarray(np.full((8, 8, 3), n * 20, dtype=np.uint8)).save(tmp_path / f"{n}.png")
    (tmp_path / "7.png").write_bytes((tmp_path / "7.png").read_bytes()[:40])
    table = pm.Table.read({"photo": [f"{n}.png" for n in range(9)] + [None]}, files=tmp_path)
    states = table.cells("photo").state
    assert states.tolist() == [State.PRESENT] * 7 + [State.UNREADABLE, State.PRESENT, State.ABSENT]
    (fault,) = table.faults()
    assert (fault.row, fault.column, fault.path) == (7, "photo", str(tmp_path / "7.png"))
    assert table.cells("photo").samples[8].max() == 160  # row 8 keeps its own picture
    assert table.present()[:, 0].tolist() == (states == State.PRESENT).tolist()


def test_paths_stay_inside_files(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, outside):
        folder.mkdir()
        Image.new("RGB", (8, 8)).save(folder / "a.png")
    (inside / "link.png").symlink_to(outside / "a.png")
    cells = [
        "a.png",
        str(inside / "a.png"),
        "../out/a.png",
        "link.png",
        str(outside / "a.png"),
        "http://x.org/a.png",
        "b.png",
    ]
    table = pm.Table.read({"photo": cells}, files=inside)
    assert table.cells("photo").state.tolist() == [1, 1, 2, 2, 2, 2, 2]
    reasons = [fault.reason for fault in table.faults()]
    assert all("leads out of files=" in reason for reason in reasons[:3])
    assert "addresses are not fetched" in reasons[3]
    assert "no such file" in reasons[4]


def test_cells_are_decoded_once(table, monkeypatch):
    first = table.cells("note")
    monkeypatch.setattr(pm.Text, "read", None)
    assert table.cells("note") is first
    assert table.take(np.arange(5)).cells("note").samples == first.samples[:5]
    assert table.with_schema(table.schema).cells("note") is first


def test_take(table, columns):
    rows = np.array([4, 1, 4])
    taken = table.take(rows)
    assert taken.row_names().tolist() == ["p2", "p0", "p2"]
    assert taken.present().tolist() == table.present()[rows].tolist()
    assert taken.take(np.array([True, False, False])).row_names().tolist() == ["p2"]
    assert len(table.take(np.array([], dtype=int))) == 0
    with pytest.raises(SettingError, match="mask of"):
        table.take(np.array([True, False]))


def test_taken_faults_are_those_of_the_rows():
    table = pm.Table.read({"x": [1.0, np.inf, 2.0, -np.inf]})
    assert [str(fault) for fault in table.faults()] == [
        "row 1, column 'x': inf is no finite number",
        "row 3, column 'x': -inf is no finite number",
    ]
    assert [fault.row for fault in table.take(np.array([3, 0])).faults()] == [3]
    assert [fault.row for fault in table.take(np.array([1, 1])).faults()] == [1, 1]


def test_labels_weights_and_names(table, columns):
    assert table.labels("died").known.tolist() == [n >= 6 for n in range(N)]
    assert table.weights().tolist() == columns["weight"]
    assert table.row_names()[:3].tolist() == ["p0", "p0", "p1"]
    bare = pm.Table(table.frame.drop(columns=["died", "weight", "who"]), table.schema)
    assert bare.labels("died") is None
    assert bare.weights() is None
    assert bare.row_names().tolist() == list(range(N))


def test_columns_that_are_not_there_are_absent(table):
    bare = pm.Table(table.frame[["age"]], table.schema)
    assert bare.present()[:, 0].tolist() == [False] * N
    assert (bare.present()[:, 1] == table.present()[:, 1]).all()


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, None, 2.0], r"finite numbers from 0\n  - row 1: None"),
        ([1.0, -1.0, np.inf], "row 1: -1.0\n  - row 2: inf"),
        (["a", "b", "1"], "row 0: 'a'"),
        ([0, 0, 0], "0 in every row"),
    ],
)
def test_weights_that_cannot_be(weights, message):
    with pytest.raises(SchemaError, match=message):
        pm.Table.read({"x": [1, 2, 3], "w": weights}, weight="w")


def test_names_that_are_not_there(table):
    with pytest.raises(SchemaError, match=r"no modality 'nite'. Did you mean 'note'"):
        table.cells("nite")
    with pytest.raises(SchemaError, match=r"no target 'dies'. Did you mean 'died'"):
        table.labels("dies")
    with pytest.raises(SettingError, match=r"by='tim'. Did you mean 'time'"):
        table.split(by="tim")
    with pytest.raises(SchemaError, match="needs a time column"):
        table.with_schema(table.schema.model_copy(update={"time": None})).split(by="time")


def test_split_keeps_ids_whole_and_unlabelled_rows_in_train(table):
    train, test = table.split(test=0.3, seed=1)
    assert len(train) + len(test) == N
    assert not set(train.row_names()) & set(test.row_names())
    assert test.labels("died").known.all()
    assert len(test) == pytest.approx(0.3 * 54, abs=2)
    again = table.split(test=0.3, seed=1)[1]
    assert again.row_names().tolist() == test.row_names().tolist()


def test_split_spreads_targets_and_patterns(columns):
    table = pm.Table.read(columns, target="died", ignore=["who", "when", "weight"])
    _, test = table.split(test=18)
    assert len(test) == 18
    assert test.labels("died").values.mean() == pytest.approx(13 / 54, abs=0.06)
    assert test.present().mean(axis=0) == pytest.approx(table.present()[6:].mean(axis=0), abs=0.12)


def test_split_by_time(table):
    free = table.with_schema(table.schema.model_copy(update={"id": None}))
    train, test = free.split(test=10, by="time")
    assert len(test) == 10
    assert train.frame["when"].max() < test.frame["when"].min()
    with pytest.raises(SchemaError, match="tear 1 groups"):
        table.split(test=11, by="time")


def test_folds(table):
    parts = list(table.folds(3, seed=2))
    tested = np.concatenate([test.frame.index for _, test in parts])
    assert sorted(tested) == list(range(6, N))
    for train, test in parts:
        assert not set(train.row_names()) & set(test.row_names())
        assert len(train) + len(test) == N


def test_impossible_splits(columns):
    with pytest.raises(SchemaError, match="at least 2 rows"):
        pm.Table.read({"age": [1.5]}).split()
    with pytest.raises(SchemaError, match="at least 2 groups"):
        pm.Table.read({**columns, "who": ["a"] * N}, group="who", ignore=["when"]).split()


def test_nothing_of_the_caller_s_is_changed(columns):
    frame = pd.DataFrame(columns)
    before = frame.copy(deep=True)
    table = pm.Table.read(frame, target="died", id="who")
    table.split()
    table.report()
    pd.testing.assert_frame_equal(frame, before)


def test_unicode_names_and_values_and_a_huge_cell(tmp_path):
    huge = "słowo " * 1_700_000
    pd.DataFrame({"opis 📝": ["ból w klatce", huge, None], "wiek": [1, 2, 3], "płeć": ["ż", "ó", "ż"]}).to_csv(
        tmp_path / "t.csv", index=False
    )
    table = pm.Table.read(tmp_path / "t.csv", target="płeć")
    assert table.cells("opis 📝").samples[:2] == ["ból w klatce", huge]
    assert table.labels("płeć").values.tolist() == [1, 0, 1]
    assert "holds 10,200,000 characters" in str(table.report())


def test_mixed_types_are_named_cell_by_cell():
    mixed = [1, 2.5, "3", "many", [4], None, *range(20)]
    table = pm.Table.read({"x": mixed, "note": ["a b"] * 26}, types={"x": "tabular"})
    assert [(fault.row, fault.column) for fault in table.faults()] == [(3, "x"), (4, "x")]
    assert "mixed types" in str(table.report())


@pytest.mark.parametrize("absent", [None, float("nan"), pd.NA, pd.NaT, []], ids=str)
def test_ways_to_say_absent(absent):
    cells = {"note": ["one two", absent], "wave": [[1.0, 2.0], absent], "n": [1.5, None if absent == [] else absent]}
    table = pm.Table.read(cells, types={"note": "text", "wave": "series"})
    assert table.present().tolist() == [[True, True, True], [False, False, False]]


def test_entirely_absent_modality_stays_when_declared():
    table = pm.Table.read({"photo": [None, None], "age": [1.5, 2.5]}, types={"photo": "image"})
    assert table.present().tolist() == [[False, True], [False, True]]
    assert "'photo'" not in repr(table)
    assert table.schema.names == ("photo", "tabular")


def test_reading_reports_wrong_types_of_argument(tmp_path):
    with pytest.raises(DataError, match="is not a folder"):
        pm.Table.read({"a": [1]}, files=tmp_path / "none")
    with pytest.raises(SchemaError, match="id=: no column 'ID'"):
        pm.Table.read({"id": [1], "a": [2.5]}, id="ID")


def test_rows_that_are_not_there_are_told():
    table = pm.Table.read({"x": [1.0, 2.0, 3.0]})
    assert table.take([2, 0]).frame["x"].tolist() == [3.0, 1.0]
    assert len(table.take([])) == 0
    for rows, says in (([3], "no row at position 3; the table has 3 rows"), ([0.5], "float64"), (0, "one dimension")):
        with pytest.raises(SettingError, match=says):
            table.take(rows)


def test_a_notebook_shows_the_first_rows():
    shown = pm.Table.read({"note": ["<b>one & two</b> three"] * 12})._repr_html_()
    assert "&lt;b&gt;one &amp; two" in shown
    assert "and 2 more rows" in shown
