"""What is computed of an array is computed once, under each setting, and forgotten with the array."""

import numpy as np

from polymodal.features._kept import Kept


def counting():
    asked = []

    def compute(arrays):
        asked.append(len(arrays))
        return [(array * 2,) for array in arrays]

    return asked, compute


def test_known_arrays_are_not_asked_for_again():
    arrays, (asked, compute) = [np.arange(2.0), np.ones(3), np.zeros(1)], counting()
    kept = Kept()
    kept.of(arrays[:2], compute)
    found = kept.of(arrays[::-1], compute)
    assert asked == [2, 1]
    assert [value.tolist() for (value,) in found] == [[0.0], [2.0, 2.0, 2.0], [0.0, 2.0]]


def test_other_settings_are_other_values():
    arrays, (asked, compute) = [np.ones(2)], counting()
    kept = Kept()
    for setting in ("fine", "coarse", "fine"):
        kept.of(arrays, compute, setting)
    assert asked == [1, 1]


def test_an_array_that_is_gone_is_forgotten_and_its_room_is_free_again():
    (_, compute), kept = counting(), Kept(most_bytes=16)
    for _ in range(100):  # many get the address of one before them
        array = np.random.default_rng(0).normal(size=2)
        [(value,)] = kept.of([array], compute)
        np.testing.assert_array_equal(value, array * 2)
    assert len(kept) == 1
    del array
    assert len(kept) == 0


def test_what_does_not_fit_is_computed_each_time():
    arrays, (asked, compute) = [np.ones(2), np.ones(2)], counting()
    kept = Kept(most_bytes=16)
    for _ in range(2):
        assert len(kept.of(arrays, compute)) == 2
    assert asked == [2, 1]
    assert len(kept) == 1


def test_one_array_twice():
    array, (_, compute) = np.ones(2), counting()
    kept = Kept()
    assert [value.tolist() for (value,) in kept.of([array, array], compute)] == [[2.0, 2.0]] * 2
    assert len(kept) == 1
