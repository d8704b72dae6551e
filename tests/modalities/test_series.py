"""Series of any length, from arrays and files, with their gaps."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from polymodal.modalities.series import Series
from polymodal.schema.cells import Cells, State, Unreadable


def read(*raws: Any, files: Path | None = None, **settings: Any) -> Cells:
    cells = np.empty(len(raws), dtype=object)
    for position, raw in enumerate(raws):
        cells[position] = raw
    return Series(**settings).read("ecg", pd.DataFrame({"ecg": cells}), files)


def test_lists_and_arrays_of_one_or_several_channels() -> None:
    cells = read([1.0, 2.0], np.ones((3, 2)), [[1, 2], [3, None]])
    assert [one.shape for one in cells.samples] == [(2, 1), (3, 2), (2, 2)]
    assert np.isnan(cells.samples[2][1, 1])


def test_nothing_recorded_is_absent() -> None:
    assert read(None, [], [None, float("nan")], np.zeros((0, 3))).state.tolist() == [State.ABSENT] * 4


@pytest.mark.parametrize(
    "raw", ["there.mp3", 7, np.zeros((2, 2, 2)), [1.0, np.inf], [1.0, 1e300], ["a", "b"], {"a": 1}]
)
def test_what_is_no_series_is_unreadable(raw: Any, tmp_path: Path) -> None:
    (tmp_path / "there.mp3").touch()
    assert read(raw, files=tmp_path).state.tolist() == [State.UNREADABLE]


def test_files_of_each_kind(tmp_path: Path) -> None:
    values = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    np.save(tmp_path / "a.npy", values)
    frame = pd.DataFrame(values, columns=["x", "y"])
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_csv(tmp_path / "a.tsv", index=False, sep="\t")
    frame.to_parquet(tmp_path / "a.parquet")
    cells = read("a.npy", "a.csv", "a.tsv", "a.parquet", files=tmp_path)
    for sample in cells.samples:
        np.testing.assert_array_equal(sample, values)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(b"no array")
    (fault,) = read("a.npy", files=tmp_path).faults
    assert str(tmp_path / "a.npy") in str(fault)


def test_an_array_of_python_objects_is_not_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object))
    assert read("a.npy", files=tmp_path).state.tolist() == [State.UNREADABLE]


def test_a_long_series_is_averaged_down_and_skips_gaps() -> None:
    long = np.arange(20.0)
    long[1] = np.nan
    (sample,) = read(long, max_length=10).samples
    np.testing.assert_allclose(sample[:, 0], [0.0, *np.arange(2.5, 20, 2)])


def test_standardised_over_what_is_there() -> None:
    kind = Series()
    samples = read([1.0, 3.0], [np.nan, 5.0, 7.0]).samples
    statistics = kind.measure(samples)
    seen = np.array([1.0, 3.0, 5.0, 7.0])
    np.testing.assert_allclose(statistics.mean, [seen.mean()])
    np.testing.assert_allclose(statistics.std, [seen.std()])
    values, mask = kind.collate([kind.prepare(one, statistics) for one in samples], statistics)
    assert mask is not None
    assert mask[:, :, 0].tolist() == [[True, True, False], [False, True, True]]
    assert not values[~mask].any()
    np.testing.assert_allclose(values[mask], (seen - seen.mean()) / seen.std(), rtol=1e-6)


def test_other_channels_than_learnt_are_refused() -> None:
    kind = Series()
    with pytest.raises(Unreadable, match="1 channels were learnt, 2 came"):
        kind.prepare(np.zeros((3, 2)), kind.measure([np.zeros((3, 1))]))


def test_a_flat_channel_does_not_divide_by_zero() -> None:
    kind = Series()
    assert np.isfinite(kind.prepare(np.ones((3, 1)), kind.measure([np.ones((3, 1))]))).all()
