"""Law 5: present-but-zero differs from absent, for every modality."""

from typing import Any

import numpy as np
import pytest

from polymodal.registry import MODALITIES
from polymodal.schema.cells import State

BLANK: dict[str, Any] = {  # where an empty string or dict is no cell
    "expression": {"GATA1": 0},
    "graph": {"nodes": [[0.0] * 3]},
    "molecule": "[H][H]",
    "moment": "1970-01-01",
    "video": np.zeros((2, 8, 8, 3), dtype=np.uint8),
}


def blank(kind: str) -> Any:
    """The cell of the same form that says nothing: zeros, a black picture, a text without words, the number zero."""
    cell = MODALITIES.get(kind).example(np.random.default_rng(0))
    if kind in BLANK:
        return BLANK[kind]
    if isinstance(cell, np.ndarray):
        return np.zeros_like(cell)
    return type(cell)()


@pytest.mark.parametrize("kind", MODALITIES.names())
def test_blank_is_not_absent(reader, everything, answers, as_row, kind):
    cell = blank(kind)
    rest = {column: value for column, value in as_row(everything, 0).items() if column != kind}
    with_blank = reader.predict([{**rest, kind: cell}, {kind: cell}])
    position = everything.schema.names.index(kind)
    assert with_blank.used[:, position].all()
    assert not np.array_equal(answers(reader, [{**rest, kind: cell}]), answers(reader, [rest]))
    assert not np.array_equal(answers(reader, [{kind: cell}]), answers(reader, [{}]))


def test_zero_in_a_column_of_a_group(model, answers):
    assert not np.array_equal(answers(model, {"age": 0.0, "ward": "A"}), answers(model, {"ward": "A"}))
    assert not np.array_equal(answers(model, {"ward": ""}), answers(model, {}))


@pytest.mark.parametrize("kind", MODALITIES.names())
def test_blank_is_read_as_present(kind, everything):
    cell = blank(kind)
    frame = everything.frame[[kind]].iloc[:2].copy()
    frame[kind] = np.array([None, None], dtype=object)
    frame.at[0, kind] = cell
    modality = everything.schema.modalities[kind]
    assert modality.read(kind, frame, None).state.tolist() == [State.PRESENT, State.ABSENT]
