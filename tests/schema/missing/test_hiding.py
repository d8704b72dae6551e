"""Hiding cells: the shares are met, the mechanism is what it says, and nothing else changes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polymodal as pm
from polymodal.errors import SchemaError, SettingError
from polymodal.testing import tables

ROWS = 4_000


@pytest.fixture(scope="module")
def table() -> pm.Table:
    """`x` is a noisy copy of `age`, the text is longer the larger `length`; 20 sites of unequal size."""
    random = np.random.default_rng(0)
    age, length = random.normal(size=ROWS), random.integers(1, 30, ROWS)
    frame = pd.DataFrame(
        {
            "age": age,
            "x": np.where(random.random(ROWS) < 0.2, np.nan, age + random.normal(size=ROWS)),
            "note": ["b" * n for n in length],
            "site": random.choice(20, ROWS, p=np.arange(1, 21) / 210),
            "y": np.where(random.random(ROWS) < 0.3, "yes", "no"),
        }
    )
    kinds = {"age": pm.Tabular(columns=("age",)), "x": pm.Tabular(columns=("x",)), "note": "text"}
    return pm.Table.read(frame, target={"y": pm.Category()}, group="site", types=kinds)


def lost(hidden, table: pm.Table, name: str) -> np.ndarray:
    """Of the rows that had the modality, which lost it."""
    place = table.schema.names.index(name)
    return hidden.cells[table.present()[:, place], place]


@settings(max_examples=30, deadline=None)
@given(drawn=tables(), share=st.floats(0, 1), seed=st.integers(0, 99), read_before=st.booleans())
def test_the_share_is_met_and_nothing_else_changes(drawn, share, seed, read_before):
    before = drawn.frame.copy()
    if read_before:
        drawn.present()
    hidden = pm.hide(drawn, share, seed=seed)
    pd.testing.assert_frame_equal(drawn.frame, before)
    present = drawn.present()
    assert (hidden.cells.sum(axis=0) == np.floor(share * present.sum(axis=0) + 0.5)).all()
    fresh = pm.Table(hidden.table.frame, hidden.table.schema, hidden.table.files)  # as read from the frame alone
    for one in (hidden.table, fresh):
        np.testing.assert_array_equal(one.present(), present & ~hidden.cells)
        for place, name in enumerate(drawn.schema.names):
            was, now = drawn.cells(name).samples, one.cells(name).samples
            for row in np.flatnonzero(present[:, place]):
                np.testing.assert_equal(now[row], None if hidden.cells[row, place] else was[row])


def test_the_seed_decides_and_what_else_is_hidden_does_not(table):
    first = pm.hide(table, {"note": 0.3}, seed=1)
    again = pm.hide(table, {"x": 0.5, "note": 0.3}, seed=1)
    other = pm.hide(table, {"note": 0.3}, seed=2)
    assert (lost(first, table, "note") == lost(again, table, "note")).all()
    assert (lost(first, table, "note") != lost(other, table, "note")).any()


def test_completely_at_random_goes_by_nothing(table):
    hidden = pm.hide(table, {"note": 0.4, "x": 0.4}, "mcar")
    gone = hidden.cells[:, table.schema.names.index("note")]
    age = table.frame["age"].to_numpy()
    assert abs(age[gone].mean() - age[~gone].mean()) < 4 * 2 / np.sqrt(ROWS)
    both = hidden.cells[:, [table.schema.names.index(name) for name in ("note", "x")]].all(axis=1)
    assert both.mean() == pytest.approx(0.4 * 0.32, abs=0.02)  # modalities go independently; x has 80 %


@pytest.mark.parametrize("strength", [3.0, -3.0])
def test_at_random_goes_by_the_visible_column_and_given_it_by_nothing(table, strength):
    hidden = pm.hide(table, {"x": 0.3}, "mar", by="age", strength=strength)
    seen = table.frame[table.frame["x"].notna()]
    age, noise, gone = seen["age"], seen["x"] - seen["age"], lost(hidden, table, "x")
    assert np.sign(strength) * (age[gone].mean() - age[~gone].mean()) > 0.5
    assert abs(noise[gone].mean() - noise[~gone].mean()) < 4 * 2 / np.sqrt(len(seen))


def test_strength_is_the_ratio_of_chances(table):
    few = pm.hide(table, {"note": 0.02}, "mnar", by="y", strength=np.log(6.0))
    rate = pd.Series(lost(few, table, "note")).groupby(table.frame["y"].to_numpy()).mean()
    assert 3.0 < rate["yes"] / rate["no"] < 12.0
    none = pm.hide(table, {"note": 0.5}, "mnar", by="y", strength=0)
    rate = pd.Series(lost(none, table, "note")).groupby(table.frame["y"].to_numpy()).mean()
    assert rate["yes"] == pytest.approx(rate["no"], abs=0.06)


def test_not_at_random_goes_by_the_cell_itself(table):
    hidden = pm.hide(table, {"note": 0.5, "x": 0.5}, "mnar")
    length = table.frame["note"].str.len().to_numpy()
    gone = lost(hidden, table, "note")
    assert length[gone].mean() > length[~gone].mean() + 4
    values = table.frame["x"].dropna().to_numpy()
    assert values[lost(hidden, table, "x")].mean() > values[~lost(hidden, table, "x")].mean() + 0.5


def test_pictures_and_groups_of_columns_have_a_size():
    random = np.random.default_rng(0)
    shade = random.permutation(100)
    frame = pd.DataFrame({"photo": [np.full((4, 4, 3), s, dtype=np.uint8) for s in shade], "a": shade})
    frame["b"] = [f"{s:03}" for s in shade]
    kinds = {"photo": "image", "both": pm.Tabular(columns=("a", "b"), categories=("b",))}
    hidden = pm.hide(pm.Table.read(frame, types=kinds), 0.5, "mnar", strength=1e4)
    assert (hidden.cells == (shade >= 50)[:, None]).all()


def test_blocks_are_whole_and_near_the_share(table):
    hidden = pm.hide(table, {"x": 0.4, "note": 0.1}, "block")
    for name, share in (("x", 0.4), ("note", 0.1)):
        sites = table.frame["site"][table.present()[:, table.schema.names.index(name)]]
        rates = pd.Series(lost(hidden, table, name)).groupby(sites.to_numpy()).mean()
        assert set(rates) == {0.0, 1.0}
        assert hidden.shares[name] == pytest.approx(share, abs=0.5 * sites.value_counts(normalize=True).max())
    runs = pm.hide(table, {"note": 0.5}, "block", blocks=4)
    gone = lost(runs, table, "note").reshape(4, -1)
    assert (gone.all(axis=1) | ~gone.any(axis=1)).all()
    assert gone.mean() == 0.5
    by = pm.hide(table, {"note": 0.3}, "block", by="y")
    assert (lost(by, table, "note") == (table.frame["y"] == "yes")).all()


def test_it_says_what_was_hidden(table):
    hidden = pm.hide(table, {"x": 0.25}, "mar", by="age")
    assert hidden.shares == pytest.approx({"age": 0, "note": 0, "x": 0.25}, abs=1e-3)
    assert "hidden (mar, by 'age')" in str(hidden)
    assert f"x: {hidden.cells.sum()} cells, 25.0% of those present" in str(hidden)
    assert "runs of rows, 4 in all" in str(pm.hide(table, 0.1, "block", blocks=4))


def test_everything_can_be_hidden_and_a_model_still_answers(table):
    bare = pm.hide(table.take(np.arange(50)), 1.0).table
    assert not bare.present().any()
    assert (bare.labels("y").values == table.labels("y").values[:50]).all()
    assert bare.schema == table.schema


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"shares": {"not": 0.1}}, "'not', which is no modality. Did you mean 'note'"),
        ({"shares": 1.5}, "from 0 to 1; 'age' has 1.5"),
        ({"shares": {"x": True}}, "from 0 to 1; 'x' has True"),
        ({"shares": {"x": float("nan")}}, "'x' has nan"),
        ({"mechanism": "mra"}, "unknown mechanism 'mra'. Did you mean 'mar'"),
        ({"mechanism": "mar"}, "mar needs by=COLUMN"),
        ({"mechanism": "mar", "by": "ag"}, "no column 'ag'. Did you mean 'age'"),
        ({"mechanism": "mar", "by": "age"}, "'age' is read by 'age', which is to be hidden itself"),
        ({"mechanism": "mar", "by": "y"}, "'y' is a target.*mechanism='mnar'"),
        ({"mechanism": "mnar", "by": "age"}, "a target; 'age' is none. Allowed: 'y'"),
        ({"by": "age"}, "mcar goes by nothing"),
        ({"strength": 2.0}, "nothing does so in 'mcar'"),
        ({"mechanism": "mnar", "strength": float("inf")}, "strength is a finite number; inf came"),
        ({"blocks": 3}, "blocks is for the mechanism 'block'"),
        ({"mechanism": "block", "blocks": 1}, "blocks is a whole number from 2; 1 came"),
        ({"mechanism": "block", "by": "site", "blocks": 3}, "without a column of groups"),
        ({"seed": -1}, "seed is a whole number from 0; -1 came"),
    ],
)
def test_settings_that_do_not_fit(table, asked, told):
    with pytest.raises(SettingError, match=told):
        pm.hide(table, **{"shares": 0.1, **asked})


def test_all_faults_at_once(table):
    with pytest.raises(SettingError) as caught:
        pm.hide(table, {"not": 2.0}, "mar", seed=-1)
    assert str(caught.value).count("\n  - ") == 4


def test_a_column_that_something_else_reads_is_not_wiped():
    frame = {"a": [1.0, 2.0], "b": [1.0, 2.0]}
    kinds = {"one": pm.Tabular(columns=("a", "b")), "two": pm.Tabular(columns=("b",))}
    table = pm.Table(pd.DataFrame(frame), pm.Schema(modalities=kinds))
    with pytest.raises(SchemaError, match=r"'one' cannot be hidden: its column 'b' is read by \['two'\] too"):
        pm.hide(table, {"one": 1.0})


def test_a_mask_that_does_not_fit(table):
    with pytest.raises(SettingError, match=r"a bool mask of \[4000, 3\]; float64 of \[3\] came"):
        table.without(np.zeros(3))


def test_faults_of_hidden_cells_go_with_them():
    frame = pd.DataFrame({"v": [[1.0, 2.0], object(), object()]})
    table = pm.Table.read(frame, types={"v": "vector"})
    assert len(table.faults()) == 2
    gone = table.without(np.array([[False], [True], [False]]))
    assert [fault.row for fault in gone.faults()] == [2]
    assert gone.present()[:, 0].tolist() == [True, False, False]
