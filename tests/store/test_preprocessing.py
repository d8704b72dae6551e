"""What is measured is measured on the training rows, and what does not fit is named."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from polymodal.errors import FitError
from polymodal.modalities.series import Series
from polymodal.modalities.text import Text
from polymodal.modalities.vector import Vector
from polymodal.schema.schema import Schema
from polymodal.schema.table import Table
from polymodal.store.preprocessing import Preprocessor

SCHEMA = Schema(modalities={"genes": Vector(columns=("a", "b"), scale="standard"), "ecg": Series(), "note": Text()})


def table(**changes: list[Any]) -> Table:
    cells = {
        "a": [1.0, 3.0, None],
        "b": [2.0, None, None],
        "ecg": [[1.0, 2.0], None, [3.0]],
        "note": ["mild", "no pain", None],
    } | changes
    frame = pd.DataFrame({name: pd.Series(values, dtype=object, index=[10, 11, 12]) for name, values in cells.items()})
    return Table(frame, SCHEMA)


class Counting:
    """Embeds a text as its length; counts what it was asked for."""

    width, fingerprint = 2, "lengths"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, samples: Sequence[Any]) -> np.ndarray:
        self.asked += samples
        return np.array([[len(sample), 1.0] for sample in samples], dtype=np.float32)


def test_present_cells_and_only_those_become_arrays() -> None:
    memory = Preprocessor.measure(table(), {}).prepare(table())
    names = SCHEMA.names
    for place, name in enumerate(names):
        assert [array is not None for array in memory.arrays[name]] == memory.present[:, place].tolist()
    assert memory.present[:, names.index("ecg")].tolist() == [True, False, True]
    np.testing.assert_allclose(memory.arrays["genes"][0], [-1.0, 0.0])


def test_other_rows_are_put_on_the_scale_of_the_training_rows() -> None:
    preprocessor = Preprocessor.measure(table(), {})
    memory = preprocessor.prepare(table(a=[100.0, 2.0, None]))
    np.testing.assert_allclose([memory.arrays["genes"][row][0] for row in (0, 1)], [10.0, 0.0])  # held at 10 spreads


def test_a_cell_that_does_not_fit_is_a_fault_of_its_own_row() -> None:
    preprocessor = Preprocessor.measure(table(), {})
    memory = preprocessor.prepare(table(ecg=[[1.0], None, [[1.0, 2.0]]]))
    assert memory.present[:, SCHEMA.names.index("ecg")].tolist() == [True, False, False]
    assert [(fault.row, fault.column) for fault in memory.faults] == [(12, "ecg")]


def test_a_modality_with_nothing_in_it_cannot_be_measured() -> None:
    with pytest.raises(FitError, match="'note' has no readable cell"):
        Preprocessor.measure(table(note=[None] * 3), {})


def test_a_frozen_encoder_sees_present_cells_only_and_what_it_says_is_standardised(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLYMODAL_CACHE", str(tmp_path))
    encoder = Counting()
    preprocessor = Preprocessor.measure(table(), {"note": encoder})
    assert sorted(encoder.asked) == ["mild", "no pain"]
    assert isinstance(preprocessor.carriers["note"], Vector)
    memory = preprocessor.prepare(table())
    np.testing.assert_allclose(np.stack(memory.arrays["note"][:2]), [[-1.0, 0.0], [1.0, 0.0]])
    assert memory.arrays["note"][2] is None
