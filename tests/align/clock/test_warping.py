"""Dynamic time warping against the recursion over all cells, and known warps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polymodal as pm
from polymodal.align.clock.warping import band_of
from polymodal.errors import DataError, SettingError

dtw = pm.align.clock.dtw


def every_cell(x: np.ndarray, y: np.ndarray, penalty: float, allowed) -> float:
    cost = np.full((len(x) + 1, len(y) + 1), np.inf)
    cost[0, 0] = 0
    for i in range(len(x)):
        for j in range(len(y)):
            if allowed(i, j):
                ways = cost[i, j], cost[i, j + 1] + penalty, cost[i + 1, j] + penalty
                cost[i + 1, j + 1] = np.linalg.norm(x[i] - y[j]) + min(ways)
    return float(cost[-1, -1])


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 9), st.integers(1, 9), st.integers(0, 10), st.sampled_from([0.0, 0.7]), st.sampled_from([1.0, 0.2])
)
def test_equal_to_looking_at_every_cell(n: int, m: int, seed: int, penalty: float, band: float) -> None:
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(n, 2)), random.normal(size=(m, 2))
    reach = max(band * max(n, m), max(n, m) / min(n, m), 1.0)
    bounds = [band_of(d, n, m, reach) for d in range(n + m - 1)]
    found = dtw(x, y, band=band, penalty=penalty)
    assert found.cost == pytest.approx(every_cell(x, y, penalty, lambda i, j: bounds[i + j][0] <= i < bounds[i + j][1]))
    if band == 1.0:
        assert found.cost == pytest.approx(every_cell(x, y, penalty, lambda i, j: True))
    steps = np.diff(found.path, axis=0)
    assert found.path[0].tolist() == [0, 0]
    assert found.path[-1].tolist() == [n - 1, m - 1]
    assert ((steps >= 0) & (steps <= 1)).all()
    assert (steps.sum(axis=1) >= 1).all()


def test_a_known_warp_is_found_within_two_samples() -> None:
    t = np.arange(1000.0)
    curve = np.convolve(np.random.default_rng(0).normal(size=1100), np.hanning(40), "same")
    warped = t + 25 * np.sin(2 * np.pi * t / 1000)
    second = np.interp(warped, np.arange(1100), curve)
    noise = 0.05 * curve.std()
    random = np.random.default_rng(1)
    found = dtw(curve[:1000] + noise * random.normal(size=1000), second + noise * random.normal(size=1000), band=0.1)
    misses = np.abs(found.path[:, 0] - np.interp(found.path[:, 1], t, warped))
    assert np.median(misses) <= 2
    assert found.apply(t) == pytest.approx(np.interp(t, warped, t), abs=15)
    assert not found.notes


def test_a_band_too_narrow_is_told_and_plots() -> None:
    x = np.sin(np.arange(200) / 9)
    found = dtw(x, np.concatenate([np.zeros(40), x[:160]]), band=0.05)
    assert "larger band=" in found.notes[0]
    assert len(found.plot().axes) == 3
    assert found.to_pandas().shape == (len(found.path), 2)
    assert found.to_dict()["path"][0] == [0, 0]
    assert "samples warped onto 200" in str(found)


def test_streams_and_faults() -> None:
    stream = pm.align.clock.Stream.of([1.0, 2.0, 3.0], rate=1)
    assert dtw(stream, [1.0, 3.0]).apply([5.0, 7.0]).shape == (3,)
    with pytest.raises(DataError, match="has gaps; bring it onto a grid"):
        dtw(pm.align.clock.Stream.of([1.0, None], rate=1), [1.0])
    with pytest.raises(DataError, match="1 values that are NaN"):
        dtw([1.0, np.nan], [1.0])
    with pytest.raises(DataError, match="1 channels and the second 2"):
        dtw([1.0], [[1.0, 2.0]])
    with pytest.raises(DataError, match="3 values came; the second sequence has 1"):
        dtw([1.0], [1.0]).apply([1, 2, 3])
    with pytest.raises(SettingError, match="from 0 to 1"):
        dtw([1.0], [1.0], band=10)
    with pytest.raises(SettingError, match="from 0 on"):
        dtw([1.0], [1.0], penalty=-1)
