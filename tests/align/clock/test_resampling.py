"""Even grids: known answers of each method, and gaps that stay gaps."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import polymodal as pm
from polymodal.errors import DataError, SettingError

Stream, resample = pm.align.clock.Stream, pm.align.clock.resample


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("linear", [0.0, 5.0, 10.0, 15.0, 20.0]),
        ("previous", [0.0, 0.0, 10.0, 10.0, 20.0]),
        ("nearest", [0.0, 0.0, 10.0, 10.0, 20.0]),
    ],
)
def test_known_answers(method: str, expected: list[float]) -> None:
    found = resample(Stream.of([0.0, 10.0, 20.0], rate=1), 2, method=method)
    assert found.after.values[:, 0].tolist() == expected
    assert found.after.present.all()


def test_the_mean_of_each_step() -> None:
    found = resample(Stream.of(np.arange(40.0), rate=4), 1, method="mean")
    inner = found.after.values[1:9, 0]
    assert np.allclose(np.diff(inner), 4)
    assert found.after.rate == 1


@given(st.lists(st.floats(0.01, 5), min_size=2, max_size=20), st.floats(0.5, 20))
def test_a_line_is_kept_where_it_is_not_in_a_gap(steps: list[float], rate: float) -> None:
    times = np.cumsum([0.0, *steps])
    found = resample(Stream.of(3 * times - 1, times=times), rate, max_gap=1.0).after
    here = found.present[:, 0]
    assert np.allclose(found.values[here, 0], 3 * found.seconds[here] - 1)
    gaps = [(a, b) for a, b in pairwise(times) if b - a > 1.0 + 1e-6]
    inside = np.array([any(a + 1e-6 < t < b - 1e-6 for a, b in gaps) for t in found.seconds], dtype=bool)
    assert not here[inside].any()


def test_previous_never_looks_ahead() -> None:
    values = np.arange(10.0)
    changed = np.where(values > 5, 99, values)
    first, second = (resample(Stream.of(v, rate=1), 3.0, method="previous", max_gap=9).after for v in (values, changed))
    assert (first.values[first.seconds < 6] == second.values[second.seconds < 6]).all()


def test_channels_have_gaps_of_their_own() -> None:
    found = resample(Stream.of([[0.0, 1.0], [None, 2.0], [None, 3.0], [None, 4.0], [8.0, 5.0]], rate=1), 1)
    assert found.after.present.tolist() == [[True, True], [False, True], [False, True], [False, True], [True, True]]
    assert "30.0% of the values are absent" in str(found)
    assert found.to_dict()["absent"] == pytest.approx(0.3)
    assert len(found.plot().axes) == 2


def test_faults() -> None:
    one = Stream.of([1.0, 2.0], rate=1)
    with pytest.raises(SettingError, match="Did you mean 'linear'"):
        resample(one, 1, method="liner")
    with pytest.raises(SettingError, match="more than 0"):
        resample(one, -1)
    with pytest.raises(SettingError, match="before it starts"):
        resample(one, 1, start=5)
    with pytest.raises(DataError, match="has one sample"):
        resample(Stream.of([1.0], rate=1), 1)


def test_a_mean_says_that_its_own_step_is_empty() -> None:
    given = Stream.of([1.0, 2.0, 9.0], times=[0.0, 0.2, 4.0])
    assert "60.0% of the values are absent: no sample within 500 ms" in str(
        resample(given, 1, method="mean", max_gap=9)
    )
