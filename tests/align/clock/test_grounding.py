"""Words placed by features: against all placings, and with a known answer under noise."""

from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polymodal as pm
from polymodal.align.clock.grounding import placed
from polymodal.errors import DataError, SettingError

ground = pm.align.clock.ground
RANDOM = np.random.default_rng(0)


def best_of_all(likeness: np.ndarray, between: float) -> float:
    n, length = likeness.shape
    best = -np.inf
    for cuts in combinations_with_replacement(range(length + 1), 2 * n):
        starts, ends = cuts[::2], cuts[1::2]
        if all(start < end for start, end in zip(starts, ends, strict=True)):
            inside = sum(likeness[k, a:b].sum() for k, (a, b) in enumerate(zip(starts, ends, strict=True)))
            outside = length - sum(b - a for a, b in zip(starts, ends, strict=True))
            best = max(best, inside + between * outside)
    return best


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 3), st.integers(0, 4), st.integers(0, 1000))
def test_no_placing_is_better(n: int, more: int, seed: int) -> None:
    likeness = np.random.default_rng(seed).normal(size=(n, n + more))
    bounds = placed(likeness, 0.3)
    assert (bounds[:, 1] > bounds[:, 0]).all()
    assert (bounds[1:, 0] >= bounds[:-1, 1]).all()
    inside = sum(likeness[k, a:b].sum() for k, (a, b) in enumerate(bounds))
    outside = n + more - (bounds[:, 1] - bounds[:, 0]).sum()
    assert inside + 0.3 * outside == pytest.approx(best_of_all(likeness, 0.3))


def test_known_places_under_noise() -> None:
    words = RANDOM.normal(size=(12, 32))
    lengths, pauses = RANDOM.integers(8, 30, 12), RANDOM.integers(0, 10, 12)
    frames, starts = [], []
    for word, length, pause in zip(words, lengths, pauses, strict=True):
        frames += [RANDOM.normal(size=32) for _ in range(pause)]
        starts.append(len(frames))
        frames += [word + RANDOM.normal(size=32) for _ in range(length)]
    found = ground(words, np.array(frames), rate=25, texts=list("abcdefghijkl"), start=1.0)
    assert np.abs((found.starts - 1.0) * 25 - starts).max() <= 2
    assert np.abs((found.ends - 1.0) * 25 - starts - lengths).max() <= 2
    assert found.texts[0] == "a"
    assert (found.scores > 0.6).all()
    assert not found.notes


def test_items_that_fit_anywhere_are_told() -> None:
    frames = np.tile(RANDOM.normal(size=8), (20, 1)) + 1e-4 * RANDOM.normal(size=(20, 8))
    assert "2 of 2 items are about as like every frame" in ground(RANDOM.normal(size=(2, 8)), frames, rate=1).notes[0]


@pytest.mark.parametrize(
    ("items", "frames", "settings", "error", "says"),
    [
        (np.ones((3, 2)), np.ones((2, 2)), {}, DataError, "2 frames are too few for 3 items"),
        (np.ones((1, 2)), np.ones((2, 3)), {}, DataError, "have to come from one space"),
        (np.ones(3), np.ones((2, 3)), {}, DataError, "items are \\[count, features\\]"),
        (np.ones((1, 2)), np.full((2, 2), np.nan), {}, DataError, "frames hold 4 values"),
        (np.ones((1, 2)), np.ones((2, 2)), {"texts": ["a", "b"]}, DataError, "2 texts came for 1 items"),
        (np.ones((1, 2)), np.ones((2, 2)), {"rate": 0}, SettingError, "more than 0"),
    ],
)
def test_faults(items, frames, settings, error, says) -> None:
    with pytest.raises(error, match=says):
        ground(items, frames, **{"rate": 10, **settings})
