"""Parts of cells hidden on purpose: contiguous, of the stated share, anywhere, and nothing else changes."""

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import SettingError

ROWS = 2_000


@pytest.fixture(scope="module")
def table() -> pm.Table:
    """Series of unequal length, a panel of columns, a panel of lists, and a text."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({f"g:{place}": random.integers(1, 9, ROWS) for place in range(10)})
    frame["wave"] = [random.normal(size=(20 + row % 20, 2)) if row % 5 else None for row in range(ROWS)]
    frame["v"] = [list(random.normal(size=8)) for _ in range(ROWS)]
    frame["note"] = "some words"
    frame["y"] = ["a", "b"] * (ROWS // 2)
    kinds = {"genes": pm.Vector(prefix="g:"), "wave": "series", "v": "vector", "note": "text"}
    return pm.Table.read(frame, target="y", types=kinds)


def gaps(table: pm.Table, name: str) -> list[np.ndarray]:
    """Of each present cell, which steps are gone."""
    return [np.isnan(one).reshape(len(one), -1).any(axis=1) for one in table.cells(name).samples if one is not None]


@pytest.mark.parametrize(("name", "share"), [("wave", 0.4), ("genes", 0.25), ("v", 0.5)])
def test_one_part_of_the_stated_share_anywhere(table, name, share) -> None:
    before = table.frame.copy()
    hidden = pm.hide(table, {name: share}, "segment", seed=3)
    pd.testing.assert_frame_equal(table.frame, before)
    found = gaps(hidden.table, name)
    assert all((np.diff(np.concatenate([[False], one])) & one).sum() <= 1 for one in found)
    assert all(abs(one.sum() - share * len(one)) < 1 for one in found)
    assert np.mean([one.mean() for one in found]) == pytest.approx(share, abs=0.01)
    assert hidden.shares[name] == pytest.approx(share, abs=0.01)
    first, last = (np.mean([one[place] for one in found]) for place in (0, -1))
    assert first == pytest.approx(last, abs=0.05)
    assert not hidden.cells.any()


def test_what_stays_is_as_it_was(table) -> None:
    hidden = pm.hide(table, 0.3, "segment")
    for name in ("wave", "genes", "v"):
        for was, now in zip(table.cells(name).samples, hidden.table.cells(name).samples, strict=True):
            if was is None:
                assert now is None
            else:
                np.testing.assert_array_equal(np.where(np.isnan(now), now, was), now)
    assert hidden.table.cells("note") is table.cells("note")
    np.testing.assert_array_equal(hidden.table.present(), table.present())
    fresh = pm.Table(hidden.table.frame, table.schema, table.files)
    np.testing.assert_array_equal(gaps(fresh, "wave")[0], gaps(hidden.table, "wave")[0])


def test_all_of_it_is_the_cell_gone(table) -> None:
    hidden = pm.hide(table, {"v": 1.0}, "segment")
    place = table.schema.names.index("v")
    assert hidden.cells[:, place].all()
    assert not hidden.table.present()[:, place].any()


def test_the_seed_decides(table) -> None:
    one, same, other = (pm.hide(table, {"v": 0.5}, "segment", seed=seed).table for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(gaps(one, "v"), gaps(same, "v"), strict=True))
    assert any(not np.array_equal(a, b) for a, b in zip(gaps(one, "v"), gaps(other, "v"), strict=True))


def test_single_columns_go_at_the_share(table) -> None:
    frame = pd.DataFrame({"age": np.arange(2_000.0), "y": ["a", "b"] * 1_000})
    hidden = pm.hide(pm.Table.read(frame, target="y"), 0.3, "segment")
    assert hidden.cells.mean() == pytest.approx(0.3, abs=0.04)


def test_it_says_what_was_hidden(table) -> None:
    said = str(pm.hide(table, {"v": 0.5}, "segment"))
    assert said.startswith("hidden (segment, by chance):")
    assert "v: 50.0% of each cell present" in said


@pytest.mark.parametrize(
    ("shares", "settings", "message"),
    [
        ({"note": 0.5}, {}, r"a cell of 'note' \(text\) has no parts to hide"),
        ({"v": 0.5}, {"by": "note"}, "segment goes by nothing"),
        ({"v": 0.5}, {"strength": 2.0}, "nothing does so in 'segment'"),
        ({"v": 1.5}, {}, "a share is a number from 0 to 1"),
    ],
)
def test_what_cannot_be(table, shares, settings, message) -> None:
    with pytest.raises(SettingError, match=message):
        pm.hide(table, shares, "segment", **settings)
