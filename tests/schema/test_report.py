import json

import numpy as np
import pytest

import polymodal as pm

N = 40


@pytest.fixture
def report(tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no picture")
    columns = {
        "who": [f"p{n // 2}" for n in range(N)],
        "where": ["north", "south"] * (N // 2),
        "photo": ["bad.png", "gone.png"] + [None] * (N - 2),
        "note": [None if n % 4 == 0 else f"seen <b>{n}</b> times" for n in range(N)],
        "age": np.random.default_rng(0).normal(size=N).tolist(),
        "code": [f"w{n}" for n in range(N)],
        "same": [1] * N,
        "leak": [n % 2 * 5 for n in range(N)],
        "died": [None] + [n % 2 for n in range(1, N)],
    }
    columns["note"][6], columns["age"][6] = columns["note"][2], columns["age"][2]
    columns["note"][7], columns["age"][7], columns["leak"][7] = (
        columns["note"][2],
        columns["age"][2],
        columns["leak"][2],
    )
    return pm.Table.read(columns, files=tmp_path, target="died", id="who", group="where").report()


def test_what_is_found(report):
    assert report.rows == N
    assert {name: one["kind"] for name, one in report.types.items()} == {
        "note": "text",
        "photo": "image",
        "tabular": "tabular",
    }
    assert report.targets["died"]["known"] == N - 1
    assert report.targets["died"]["summary"] == {"classes": {"0": 19, "1": 20}}
    assert report.presence["photo"] == {"present": 0, "absent": N - 2, "unreadable": 2}
    assert report.patterns == [(("note", "tabular"), 30), (("tabular",), 10)]
    assert [(cell.row, cell.column) for cell in report.unreadable] == [(0, "photo"), (1, "photo")]
    assert report.worst_unreadable == 1.0
    assert report.duplicate_rows == [{"rows": ["p1", "p3", "p3"], "labels_agree": False}]
    assert report.duplicate_ids == {f"p{n}": 2 for n in range(N // 2)}
    assert report.shared_ids["p0"] == ["north", "south"]
    assert report.constant == ["same"]
    assert report.left_out["code"].startswith("single words, each different")


def test_text_names_everything(report):
    text = str(report)
    for line in (
        "40 rows, 3 modalities",
        "39 known, 1 missing",
        "classes 0 19, 1 20",
        "30  note + tabular",
        "row 0, column 'photo', file",
        "bad.png: not a readable picture",
        "gone.png: no such file",
        "p1, p3, p3  but with different labels",
        "north, south",
    ):
        assert line in text


def test_json_and_html(report):
    plain = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert set(plain) == set(report.__dataclass_fields__)
    assert plain["unreadable"][0]["row"] == 0
    page = report._repr_html_()
    assert "<b>" not in page
    assert "note + tabular" in page


def test_targets_are_summed_up():
    columns = {
        "n": [0.5, 2.5, None, 1.5],
        "tags": [["a"], ["a", "b"], None, []],
        "days": [1.0, 3.0, 2.0, None],
        "dead": [1, 0, 1, 0],
        "age": [1, 2, 3, 4],
    }
    targets = {"n": pm.Number(), "tags": pm.Multilabel(), "os": pm.Survival("days", "dead")}
    found = pm.Table.read(columns, target=targets).report().targets
    assert found["n"]["summary"] == {"least": 0.5, "median": 1.5, "most": 2.5}
    assert found["tags"]["summary"] == {"rows with": {"a": 2, "b": 1}}
    assert found["os"]["summary"] == {"events": 2, "censored": 1, "median time": 2.0}


def test_an_entirely_sound_table_has_no_complaints():
    random = np.random.default_rng(0)
    table = pm.Table.read({"a": random.normal(size=30), "t": random.permutation([0, 1] * 15)}, target="t")
    assert "Leak" not in str(table.report())
    assert len(str(table.report()).split("\n\n")) == 3
