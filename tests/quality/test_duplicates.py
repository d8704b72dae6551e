import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import SettingError
from polymodal.quality import pairs
from polymodal.schema.table import Table

Planted = tuple[Table, Table, set[tuple[int, int]]]


def found_pairs(found: pm.duplicates, shift: int = 0) -> set[tuple[int, int]]:
    return set(zip(found.pairs.left.tolist(), (found.pairs.right - shift).tolist(), strict=True))


def numbers(n: int, columns: int, seed: int = 0) -> pd.DataFrame:
    values = np.random.default_rng(seed).normal(size=(n, columns))
    return pd.DataFrame(values, columns=[f"c{one}" for one in range(columns)])


def test_planted_across_two_tables(planted: Planted) -> None:
    train, test, true = planted
    found = pm.duplicates(train, test)
    pairs = found_pairs(found, len(train))
    assert len(pairs & true) >= 0.99 * len(true)
    assert len(pairs & true) >= 0.95 * len(pairs)
    kept = found.keep()
    assert not set(kept.tolist()) & {row for row, _ in pairs}
    assert (found.weights() == 0).sum() == len(train) - len(kept)
    assert "leakage" in str(found)


def test_planted_within_one_table(planted: Planted) -> None:
    train, test, true = planted
    both = Table(pd.concat([train.frame, test.frame], ignore_index=True), train.schema)
    found = pm.duplicates(both)
    pairs = found_pairs(found)
    expected = {(row, len(train) + other) for row, other in true}
    assert len(pairs & expected) >= 0.99 * len(expected)
    assert len(pairs & expected) >= 0.95 * len(pairs)
    assert len(pm.duplicates(both.take(found.keep()))) == 0
    assert len(found.to_pandas()) == len(found)
    assert found.weights().sum() == pytest.approx(len(found.keep()))


def test_chunks_change_nothing(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    train, test, _ = planted
    whole = pm.duplicates(train, test)
    monkeypatch.setattr(pairs, "_HELD", 500)
    small = pm.duplicates(train, test)
    assert small.to_pandas().equals(whole.to_pandas())


def test_independent_rows_give_no_alarm() -> None:
    assert len(pm.duplicates(Table.read(numbers(300, 6)))) == 0


def test_equal_numbers_tell_where_near_ones_agree_by_chance() -> None:
    random = np.random.default_rng(0)
    age, bmi, crp = (
        random.integers(20, 90, 300),
        random.normal(25, 4, 300).round(1),
        random.exponential(5, 300).round(2),
    )
    columns = {"age": age.astype(float), "bmi": bmi, "crp": crp}
    assert len(pm.duplicates(Table.read(columns))) == 0
    for values in columns.values():
        values[10] = values[200]
    found = pm.duplicates(Table.read(columns))
    assert found.to_pandas()[["row", "other", "identical"]].values.tolist() == [[10, 200, True]]


def test_few_codes_agree_by_chance() -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"age": random.integers(20, 80, 300), "sex": random.choice(["f", "m"], 300)})
    assert len(pm.duplicates(Table.read(frame))) == 0
    assert len(pm.duplicates(Table.read(frame), Table.read(frame))) == 0


def test_a_column_that_others_repeat_does_not_hide_chance() -> None:
    random = np.random.default_rng(0)
    ward = random.choice(list("abcdefgh"), 300)
    frame = pd.DataFrame({"ward": ward, "floor": [one + "1" for one in ward], "age": random.integers(20, 60, 300)})
    assert len(pm.duplicates(Table.read(frame))) == 0


def test_flat_and_common_cells_are_no_evidence() -> None:
    random = np.random.default_rng(0)
    n = 60
    frame = pd.DataFrame(
        {
            "note": ["nothing of note was seen today"] * n,
            "photo": [np.full((8, 8, 3), 200, dtype=np.uint8) + random.integers(0, 3, (8, 8, 3)).astype(np.uint8)] * 3
            + [None] * (n - 3),
            "wave": [np.zeros(30, dtype=np.float32), np.zeros(30, dtype=np.float32)]
            + [random.normal(size=30).astype(np.float32) for _ in range(n - 2)],
            "site": ["north"] * n,
        }
    )
    types = {"note": "text", "photo": "image", "wave": "series"}
    assert len(pm.duplicates(Table.read(frame, types=types))) == 0


def test_one_contradiction_is_enough() -> None:
    frame = numbers(100, 6)
    frame["note"] = [f"visit of person{row} to room{row * 7} at hour{row * 3} and again" for row in range(100)]
    frame.loc[1, "note"] = frame.loc[0, "note"]
    assert len(pm.duplicates(Table.read(frame, types={"note": "text"}))) == 0
    frame.loc[1, [f"c{one}" for one in range(6)]] = np.nan
    [[left, right]] = pm.duplicates(Table.read(frame, types={"note": "text"})).clusters
    assert (left, right) == (0, 1)


def test_the_fullest_of_a_cluster_is_kept() -> None:
    frame = numbers(100, 6)
    frame["note"] = [f"visit of person{row} to room{row * 7} at hour{row * 3} and again" for row in range(100)]
    frame.loc[[7, 90]] = frame.loc[[3, 3]].to_numpy()
    frame.loc[3, "note"] = None
    frame.loc[7, "c0"] = np.nan
    found = pm.duplicates(Table.read(frame, types={"note": "text"}))
    assert [rows.tolist() for rows in found.clusters] == [[3, 7, 90]]
    assert {3, 7, 90} & set(found.keep().tolist()) == {90}
    assert found.weights()[[3, 4]].tolist() == [pytest.approx(1 / 3), 1.0]
    assert found.to_dict()["kept"] == 98


def test_a_row_that_is_there_many_times() -> None:
    frame = numbers(100, 6)
    frame.loc[range(20)] = frame.loc[[50] * 20].to_numpy()
    found = pm.duplicates(Table.read(frame))
    assert [rows.tolist() for rows in found.clusters] == [[*range(20), 50]]
    assert len(found) == 21 * 20 / 2
    assert found.to_pandas()["identical"].all()


def test_panels_by_direction_and_length() -> None:
    panel = np.random.default_rng(0).normal(size=(50, 40))
    panel[10], panel[20] = panel[0] + 0.01, panel[1] * 2  # the second has the direction, not the length
    table = Table.read({"panel": list(panel)}, types={"panel": "vector"})
    assert found_pairs(pm.duplicates(table)) == {(0, 10)}
    assert found_pairs(pm.duplicates(table, threshold=0.7)) == {(0, 10), (1, 20)}
    assert found_pairs(pm.duplicates(table, threshold={"panel": 0.7})) == {(0, 10), (1, 20)}


def test_tables_without_much() -> None:
    assert len(pm.duplicates(Table.read({"x": [1.0]}))) == 0
    assert pm.duplicates(Table.read({"x": [1.0, 2.0, 3.0]})).keep().tolist() == [0, 1, 2]
    empty = Table.read({"note": ["one long note of many words"] * 3}, types={"note": "text"})
    assert len(pm.duplicates(empty.without(np.ones((3, 1), dtype=bool)))) == 0


def test_faults_are_told_together() -> None:
    table = Table.read({"x": [1.0, 2.0]})
    with pytest.raises(SettingError, match=r"(?s)no modality: 'tabula'.*threshold 2 is no number"):
        pm.duplicates(table, threshold={"tabula": 2})
    with pytest.raises(SettingError, match="takes a Table"):
        pm.duplicates(pd.DataFrame())


def test_tables_of_other_columns_are_refused() -> None:
    """Nothing is in both of two tables that cannot be compared, which is not what was asked."""
    table = pm.Table.read({"note": ["one thing", "another thing", "a third"]}, types={"note": "text"})
    with pytest.raises(SettingError, match="the other one has no column of 'note'"):
        pm.duplicates(table, pm.Table.read({"x": [1.0, 2.0]}))
