import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import polymodal as pm
from polymodal.errors import DataError, SettingError

space = pm.align.space
SHIFT = space.Affine([[1, 0, 10], [0, 1, 0]], space.Frame("moving"), space.Frame("fixed"))
FIXED = np.array([[10.0, 0], [13, 0], [40, 0]])


def test_the_nearest_are_those_of_brute_force():
    random = np.random.default_rng(0)
    moving, fixed = random.uniform(0, 10, (40, 2)), random.uniform(0, 20, (30, 2))
    found = space.nearest(SHIFT, moving, fixed, within=3, k=4)
    far = np.linalg.norm(moving[:, None] + [10, 0] - fixed, axis=2)
    for row in range(40):
        order = [at for at in np.argsort(far[row])[:4] if far[row, at] <= 3]
        assert found.rows[row].tolist() == order + [-1] * (4 - len(order))
    assert found.found.tolist() == (far.min(axis=1) <= 3).tolist()


def test_what_lies_at_the_very_end_of_the_reach_counts():
    assert space.nearest(SHIFT, [[0, 3]], FIXED, within=3).rows.tolist() == [[0]]


def test_means_are_weighted_by_one_over_the_distance():
    copied = space.copy(SHIFT, [[1, 0]], FIXED, [3.0, 9.0, 100.0], within=5, k=3)
    assert copied.values[0, 0] == pytest.approx((3 / 1 + 9 / 2) / (1 + 1 / 2))


def test_a_place_on_a_point_has_its_value_and_a_gap_stays_a_gap():
    values = pd.DataFrame({"dose": [3, 9, 100], "cell": ["a", None, "c"]})
    table = space.copy(SHIFT, [[0, 0], [3, 0], [90, 0]], FIXED, values, within=5, k=1).to_pandas()
    assert table["dose"].tolist()[:2] == [3, 9]
    assert table["cell"].isna().tolist() == [False, True, True]
    assert pd.isna(table["dose"][2])


def test_an_absent_value_is_taken_from_the_other_neighbours():
    copied = space.copy(SHIFT, [[0, 0], [30, 0]], FIXED, [np.nan, 9.0, np.nan], within=5, k=2)
    assert copied.present[:, 0].tolist() == [True, False]
    assert copied.values[0, 0] == 9


def test_sparse_counts_are_read_like_dense_ones():
    counts = np.array([[1, 0], [0, 5], [2, 2]])
    one, other = (space.copy(SHIFT, [[1, 0], [29, 0]], FIXED, given, within=5, k=2) for given in
                  (counts, sparse.csr_array(counts)))  # fmt: skip
    assert np.array_equal(one.values, other.values)


def test_a_registration_will_do_and_the_callers_values_stay():
    found = space.landmarks(FIXED - [10, 0] + [[0, 0], [0, 1], [0, 0]], FIXED, "rigid")
    values = np.array([1.0, np.nan, 2.0])
    kept = values.copy()
    space.copy(found, [[0, 0]], FIXED, values, within=5)
    assert np.array_equal(values, kept, equal_nan=True)


@pytest.mark.parametrize(("settings", "told"), [({"within": 0}, "within=0"), ({"within": 1, "k": 0}, "k=0")])
def test_settings_without_a_meaning_are_refused(settings, told):
    with pytest.raises(SettingError, match=told):
        space.nearest(SHIFT, [[0, 0]], FIXED, **settings)


def test_values_of_another_number_are_refused():
    with pytest.raises(DataError, match="3 are asked for, and 2 came"):
        space.copy(SHIFT, [[0, 0]], FIXED, [1, 2], within=1)
