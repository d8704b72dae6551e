import pandas as pd
import pytest

import polymodal as pm
from polymodal.asked import as_table
from polymodal.errors import DataError


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "age": [float(row % 7) for row in range(40)],
            "stay": pd.to_timedelta([row % 5 for row in range(40)], unit="h"),
            "band": pd.cut([row % 9 for row in range(40)], [-1, 3, 6, 9]),
            "ill": ["yes", "no"] * 20,
        }
    )


@pytest.fixture(scope="module")
def model(frame: pd.DataFrame) -> pm.Model:
    return pm.Model(preset="fast", folds=1).fit(pm.Table.read(frame, target="ill"), progress=False)


def test_durations_and_intervals_are_learnt_from(model: pm.Model) -> None:
    assert set(model.schema.modalities["tabular"].columns) == {"age", "stay", "band"}
    assert model.schema.modalities["tabular"].numbers == ("age", "stay")


def test_a_row_reads_as_the_table_does(model: pm.Model, frame: pd.DataFrame) -> None:
    by_row = model.predict(frame.drop(columns="ill").to_dict("records"))
    assert not by_row.faults
    assert by_row.to_pandas().equals(model.predict(frame).to_pandas())
    cells = as_table({"stay": pd.Timedelta("2min")}, model.schema, None)[0].cells("tabular")
    assert cells.samples == [(None, 120.0, None)]


def test_of_no_rows_no_answer(model: pm.Model, frame: pd.DataFrame) -> None:
    for nobody in (frame.head(0), []):
        answers = model.predict(nobody).to_pandas()
        assert len(answers) == 0
        assert answers.columns[0] == "ill"


def test_no_rows_cannot_be_scored(model: pm.Model, frame: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="none of the 0 rows"):
        model.evaluate(frame.head(0))


@pytest.mark.parametrize(
    ("settings", "one", "two"),
    [
        (pm.Tokens(), ["milk", "eggs"], [["milk"], ["rye", "eggs"]]),
        (pm.Vector(), [1.0, 2.0], [[1.0, 2.0], [3.0, 4.0]]),
        (pm.Points(), [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]], [[[0.0, 0.0, 0.0]], [[1.0, 1.0, 1.0]]]),
        (pm.Text(), "milk and eggs", ["milk and eggs", "rye"]),
    ],
    ids=lambda one: one.kind if hasattr(one, "kind") else "",
)
def test_a_list_that_is_a_cell_is_one_row(settings: pm.Text, one: object, two: list[object]) -> None:
    schema = pm.Schema(modalities={"it": settings})
    row, rows = (as_table({"it": cells}, schema, None)[0].cells("it") for cells in (one, two))
    assert (len(row), len(rows)) == (1, 2)
    assert row.present.all()
    assert rows.present.all()
