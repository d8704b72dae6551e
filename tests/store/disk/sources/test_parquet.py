"""Parquet files larger than memory: light columns are held, heavy ones read by row group."""

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import DataError
from polymodal.store.disk.sources import parquet
from polymodal.store.disk.sources.parquet import ParquetRows, parquet_of

N = 200


@pytest.fixture
def file(tmp_path):
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "scan": [random.normal(size=40).tolist() if row % 3 else None for row in range(N)],
            "note": [f"{row} " * 100 if row % 4 else None for row in range(N)],
            "age": [float(row) if row % 5 else None for row in range(N)],
            "ward": ["A", "B"] * (N // 2),
            "ill": [row % 2 for row in range(N)],
        }
    )
    frame.to_parquet(tmp_path / "rows.parquet", row_group_size=25)
    return tmp_path / "rows.parquet"


def test_a_store_of_it_is_that_of_the_table(file, tmp_path, monkeypatch):
    table = pm.Table.read(file, target="ill")
    monkeypatch.setattr(parquet, "_SMALL", 0)
    store = pm.Store.create(tmp_path / "rows.lance", file, target="ill", shuffle=False)
    assert store.schema == table.schema
    stored = store.table()
    for name in table.schema.names:
        np.testing.assert_equal(list(stored.cells(name).samples), list(table.cells(name).samples))


def test_heavy_columns_are_not_held(file):
    rows = ParquetRows(file, None)
    assert rows.heavy == {"scan": "cells", "note": "text"}
    frame = rows.take(np.array([199, 3, 60, 4]))
    assert frame["note"].tolist()[:2] == ["199 " * 100, "3 " * 100]
    assert frame["note"].isna().tolist() == [False, False, True, True]
    np.testing.assert_array_equal(frame["age"], [199.0, 3.0, np.nan, 4.0])
    assert len(frame["scan"].iloc[0]) == 40


def test_order_is_random_and_reads_each_group_once(file, monkeypatch):
    monkeypatch.setattr(parquet, "_HELD", 30_000)
    rows = ParquetRows(file, None)
    assert 1 <= rows.window < 8
    order = rows.order(np.random.default_rng(0))
    assert sorted(order) == list(range(N))
    window = rows.window * 25
    groups = [set(order[start : start + window] // 25) for start in range(0, N, window)]
    assert all(len(one) == rows.window for one in groups[:-1])
    assert (np.diff(order[:25]) == 1).sum() < 5
    read = []
    real = parquet.pq.ParquetFile.read_row_group
    monkeypatch.setattr(
        parquet.pq.ParquetFile,
        "read_row_group",
        lambda self, group, columns: read.append(group) or real(self, group, columns=columns),
    )
    rows = ParquetRows(file, None)
    read.clear()
    for start in range(0, N, 10):
        rows.take(order[start : start + 10])
    assert sorted(read) == list(range(8))


def test_a_changed_file_is_another_source(file):
    before = ParquetRows(file, None).fingerprint
    assert ParquetRows(file, None).fingerprint == before
    pd.DataFrame({"age": [1.0]}).to_parquet(file)
    assert ParquetRows(file, None).fingerprint != before


def test_what_is_read_like_this(file, monkeypatch):
    assert parquet_of(file) is None  # small
    monkeypatch.setattr(parquet, "_SMALL", 0)
    assert parquet_of(str(file)) == file
    assert parquet_of("nowhere.parquet") is parquet_of([file]) is None
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        ParquetRows(file, None)
