"""Law 11: a corrupt cell is unreadable, named with its row and path; above a share an error; never a blank."""

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import UnreadableError
from polymodal.registry import MODALITIES
from polymodal.schema.cells import State
from polymodal.testing import random_frame

CORRUPT = object()  # no kind of cell can be read from it
ROWS = 30


def corrupted(kind: str, rows: list[int]) -> pm.Table:
    frame = random_frame(np.random.default_rng(0), {kind: kind}, ROWS, missing=0.2)
    frame["label"] = ["yes", "no"] * (ROWS // 2)
    cells = frame[kind].astype(object).tolist()
    for row in rows:
        cells[row] = CORRUPT
    frame[kind] = pd.Series(cells, dtype=object)
    clean = random_frame(np.random.default_rng(0), {kind: kind}, ROWS, missing=0.2)
    schema = pm.Table.read(clean, types={kind: kind}).schema
    return pm.Table(frame, schema.model_copy(update={"targets": {"label": pm.Category(classes=("no", "yes"))}}))


@pytest.mark.parametrize("kind", MODALITIES.names())
def test_named_with_its_row_and_counted(kind):
    broken, clean = corrupted(kind, [7]).cells(kind), corrupted(kind, []).cells(kind)
    assert [(fault.row, fault.column) for fault in broken.faults] == [(7, kind)]
    assert "row 7" in str(broken.faults[0])
    assert broken.state[7] == State.UNREADABLE
    assert broken.samples[7] is None
    others = np.arange(ROWS) != 7
    np.testing.assert_array_equal(broken.state[others], clean.state[others])
    for row in np.flatnonzero(others):
        np.testing.assert_equal(broken.samples[row], clean.samples[row])


@pytest.mark.parametrize("kind", MODALITIES.names())
def test_answered_as_if_absent_and_flagged(kind, reader, everything, answers, as_row):
    rows = [as_row(everything, 0) for _ in range(3)]
    without = {column: cell for column, cell in rows[0].items() if column != kind}
    rows[1][kind] = CORRUPT
    found = reader.predict(rows)
    position = everything.schema.names.index(kind)
    assert found.used[:, position].tolist() == [True, False, True]
    assert list(found.faulty_rows) == [1]
    assert "row 1" in str(found)
    assert [bool(flag) for flag in found.to_pandas()["unreadable"]] == [False, True, False]
    both = answers(reader, rows)
    np.testing.assert_allclose(both[1], answers(reader, without)[0], atol=1e-5)
    np.testing.assert_allclose(both[[0, 2]], answers(reader, [rows[0]] * 2), atol=1e-5)


@pytest.mark.parametrize("kind", MODALITIES.names())
def test_too_many_are_refused_with_the_list(kind):
    bad = [2, 3, 5, 7, 11]
    table = corrupted(kind, bad)
    with pytest.raises(UnreadableError, match=r"more than 10 % .*max_unreadable") as raised:
        pm.Model(folds=1, epochs=1, width=8).fit(table)
    assert [cell.row for cell in raised.value.cells] == bad
    assert all(f"row {row}, column {kind!r}" in str(raised.value) for row in bad)


@pytest.mark.parametrize("kind", MODALITIES.names())
def test_below_the_share_they_are_left_out(kind, answers):
    table = corrupted(kind, [7])
    model = pm.Model(folds=1, epochs=1, width=8).fit(table, max_unreadable=0.1)
    assert np.isfinite(answers(model, table)).all()
    found = model.predict(table)
    assert list(found.faulty_rows) == [7]


def test_a_broken_file_is_named_by_its_path(tmp_path, model):
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    (tmp_path / "broken.npy").write_bytes(b"\x93NUMPY and no more")
    rows = [{"age": 1.0}, {"image": "broken.png"}, {"series": "broken.npy", "age": 1.0}, {"image": "gone.png"}]
    found = model.predict(rows, files=tmp_path)
    told = {(fault.row, fault.column, fault.path) for fault in found.faults}
    assert told == {
        (1, "image", str(tmp_path / "broken.png")),
        (2, "series", str(tmp_path / "broken.npy")),
        (3, "image", str(tmp_path / "gone.png")),
    }
    assert found.used.any(axis=1).tolist() == [True, False, True, False]
