"""Numbers and categories against scikit-learn's scaling and one-hot columns."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import issparse
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from polymodal.features import tabular
from polymodal.features.tabular import TabularFeatures
from polymodal.modalities.tabular import Tabular


def fitted(frame: pd.DataFrame):
    """The features of a frame, how to prepare rows of another, and the prepared rows."""
    kind = Tabular(columns=tuple(frame.columns)).resolve("clinic", frame)
    samples = kind.read("clinic", frame, None).samples
    statistics = kind.measure(samples)

    def prepare(other: pd.DataFrame) -> list[np.ndarray]:
        return [kind.prepare(one, statistics) for one in kind.read("clinic", other, None).samples]

    arrays = prepare(frame)
    return TabularFeatures.measure(arrays, statistics, 0), prepare, arrays


def mixed(rows: int = 40) -> pd.DataFrame:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"age": random.normal(60, 9, rows), "dose": random.gamma(2.0, size=rows)})
    frame["ward"] = random.choice(["A", "B", "ß"], rows)
    frame.loc[::4, "dose"] = None
    frame.loc[1::5, "ward"] = None
    return frame


def test_wide_is_scaled_numbers_their_gaps_and_one_column_a_category():
    frame = mixed()
    features, _, arrays = fitted(frame)
    numbers = np.nan_to_num(StandardScaler().fit_transform(frame[["age", "dose"]]))
    wards = OneHotEncoder(categories=[["A", "B", "ß"]], handle_unknown="ignore", sparse_output=False)
    known = wards.fit_transform(frame[["ward"]])
    none_is_other = np.zeros((len(frame), 1))
    expected = np.concatenate([numbers, frame[["dose"]].isna(), none_is_other, known], axis=1)
    np.testing.assert_allclose(features.wide(arrays), expected, atol=1e-5)


def test_compact_keeps_gaps_and_names_its_codes():
    frame = mixed()
    features, _, arrays = fitted(frame)
    compact = features.compact(arrays)
    assert features.categorical == (2,)
    np.testing.assert_array_equal(np.isnan(compact), frame.isna())
    assert set(compact[~np.isnan(compact[:, 2]), 2]) == {1.0, 2.0, 3.0}


def test_a_category_never_seen_is_other_and_a_gap_is_none():
    features, prepare, _ = fitted(mixed())
    new = pd.DataFrame({"age": [60.0, 60.0], "dose": [1.0, 1.0], "ward": ["Z", None]})
    assert features.wide(prepare(new))[:, 3:].tolist() == [[1, 0, 0, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize("columns", [["age", "dose"], ["ward"]])
def test_numbers_alone_and_categories_alone(columns):
    features, _, arrays = fitted(mixed()[columns].dropna(how="all"))
    assert features.wide(arrays).shape == (len(arrays), 3 if len(columns) == 2 else 4)
    assert features.compact(arrays).shape == (len(arrays), len(columns))


def test_many_categories_make_a_sparse_matrix_of_the_same_values(monkeypatch):
    frame = pd.DataFrame(
        {"x": np.arange(150.0), "name": [f"n{i}" for i in range(150)], "b": [f"{i}b" for i in range(150)]}
    )
    features, _, arrays = fitted(frame)
    sparse = features.wide(arrays)
    monkeypatch.setattr(tabular, "_DENSE", 10_000)
    assert issparse(sparse)
    np.testing.assert_array_equal(sparse.toarray(), features.wide(arrays))


def test_constant_columns_and_one_row():
    features, prepare, _ = fitted(pd.DataFrame({"five": [5.0] * 6, "one": ["w"] * 6}))
    assert np.isfinite(features.wide(prepare(pd.DataFrame({"five": [1e9], "one": ["v"]})))).all()
    lonely, _, arrays = fitted(mixed()[1:2])
    assert np.isfinite(lonely.wide(arrays)).all()


def test_exported_and_restored_is_the_same():
    features, _, arrays = fitted(mixed())
    again = TabularFeatures.restore(*features.export())
    np.testing.assert_array_equal(again.wide(arrays), features.wide(arrays))
    assert again.categorical == features.categorical
