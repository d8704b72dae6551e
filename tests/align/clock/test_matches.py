"""As-of matching against a loop over all pairs."""

from itertools import pairwise
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polymodal.align.clock import _matches
from polymodal.align.clock._last_known import LeastOfBlocks
from polymodal.align.clock._matches import matches
from polymodal.align.clock._timeline import Timeline

SMALL = st.integers(0, 12)


def brute(time, key, cutoff, times, keys, known, direction, exact, tolerance):
    """Position of the row, or None: every row is looked at."""
    fits = [
        row
        for row, (one, of, since) in enumerate(zip(times, keys, known, strict=True))
        if of == key
        and (one != time or exact)
        and (tolerance is None or abs(time - one) <= tolerance)
        and (cutoff is None or (one <= cutoff and since <= cutoff))
    ]
    before = [row for row in fits if times[row] <= time]
    after = [row for row in fits if times[row] >= time]
    last = max(before, key=lambda row: (times[row], row), default=None)
    first = min(after, key=lambda row: (times[row], row), default=None)
    if direction != "nearest":
        return last if direction == "backward" else first
    if last is None or first is None:
        return first if last is None else last
    return first if times[first] - time < time - times[last] else last


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(SMALL, st.integers(0, 1), SMALL), max_size=8),
    st.lists(st.tuples(SMALL, st.integers(0, 1), SMALL), max_size=10),
    st.sampled_from(["backward", "forward", "nearest"]),
    st.booleans(),
    st.none() | st.integers(0, 5),
    st.booleans(),
    st.sampled_from(["no limit", "cutoff", "known"]),
    st.sampled_from([np.int64, np.float64]),
    st.booleans(),
)
def test_equal_to_looking_at_every_pair(asked, rows, direction, exact, tolerance, keyed, limit, dtype, many) -> None:
    if keyed:  # keys are numbered without gaps, and only those that are there are asked for
        rows = sorted(rows, key=lambda row: row[1])
        there = {row[1] for row in rows}
        rows = [(time, sorted(there).index(key), since) for time, key, since in rows]
        asked = [one for one in asked if one[1] < len(there)]
    time, key, cutoff = (np.array([one[i] for one in asked], dtype=dtype if i != 1 else np.int64) for i in range(3))
    times, keys, since = (np.array([one[i] for one in rows], dtype=dtype if i != 1 else np.int64) for i in range(3))
    line = Timeline(times, keys if keyed else None, since if limit == "known" else None)
    with mock.patch.object(_matches, "_MANY", 1 if many else 1000):  # many are sorted and walked along
        found = matches(
            time,
            line,
            direction=direction,
            exact=exact,
            tolerance=tolerance,
            keys=key if keyed else None,
            cutoff=None if limit == "no limit" else cutoff,
        )
    assert line.repeats() == len(rows) - len(set(zip(times, keys if keyed else [0] * len(rows), strict=True)))
    for i in range(len(time)):
        expected = brute(
            time[i],
            key[i] if keyed else 0,
            None if limit == "no limit" else cutoff[i],
            times,
            keys if keyed else np.zeros(len(times)),
            since if limit == "known" else times,
            direction,
            exact,
            tolerance,
        )
        assert (int(found.rows[i]) if found.found[i] else None) == expected
        assert expected is None or found.lags[i] == time[i] - times[expected]


@settings(max_examples=80, deadline=None)
@given(st.lists(SMALL, min_size=1, max_size=40), st.lists(st.tuples(st.integers(0, 40), SMALL), min_size=1))
def test_the_last_that_is_small_enough(values, asked) -> None:
    ends = np.array([min(end, len(values)) for end, _ in asked])
    bounds = np.array([bound for _, bound in asked])
    found = LeastOfBlocks(np.array(values)).last_at_most(ends, bounds)
    expected = [
        max((place for place in range(end) if values[place] <= bound), default=-1)
        for end, bound in zip(ends, bounds, strict=True)
    ]
    assert found.tolist() == expected


@pytest.mark.parametrize("n", [1, 2, 1000])
def test_rows_in_order_stay_in_order(n: int) -> None:
    times = np.arange(n, dtype=np.float64)
    rows = matches(times, Timeline(times), direction="nearest").rows
    assert all(b > a for a, b in pairwise(rows.tolist()))


@pytest.mark.parametrize("keyed", [False, True])
def test_many_rows_out_of_order_are_what_they_are_in_order(keyed: bool) -> None:
    random = np.random.default_rng(0)
    n = 120_000  # from 100,000 on they are sorted first
    times, keys = random.integers(0, 5000, n).astype(float), random.integers(0, 70_000, n)
    line = Timeline(np.arange(0.0, 5000, 3), (np.arange(1667) % 7) if keyed else None)
    keys = keys % 7 if keyed else None
    found = matches(times, line, direction="nearest", tolerance=9.0, keys=keys, cutoff=times + 4)
    for part in np.array_split(np.arange(n), 3):
        kept = None if keys is None else keys[part]
        some = matches(times[part], line, direction="nearest", tolerance=9.0, keys=kept, cutoff=times[part] + 4)
        assert np.array_equal(some.rows, found.rows[part])
        assert np.array_equal(some.found, found.found[part])
