"""What a table has beyond, or lacks of, what a schema reads."""

import polymodal as pm


def test_what_was_left_out_then_is_no_news_now() -> None:
    columns = {
        "x": [1.0, 2.0] * 10,
        "row_key": [f"r{row}" for row in range(20)],
        "site": [1, 2] * 10,
        "y": [0, 1] * 10,
    }
    schema = pm.Table.read(columns, target="y", ignore="site").schema
    assert schema.differences(list(columns)) == []
    assert schema.differences(["y", "pulse"]) == [
        "column 'x' (modality 'tabular') is not there: taken as absent",
        "column 'pulse' was not there when the model was fitted: ignored",
    ]
