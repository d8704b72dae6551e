"""What the scripts on one data set compute by themselves: scores, figures of sound, disturbances."""

from __future__ import annotations

import numpy as np
from benchmarks.accuracy import davis, skab
from benchmarks.accuracy.features import heard


def test_order_counts_pairs_of_unequal_truth() -> None:
    truth, answer = np.array([1.0, 2.0, 2.0, 3.0]), np.array([0.1, 0.4, 0.2, 0.2])
    pairs = [(i, j) for i in range(4) for j in range(4) if truth[i] < truth[j]]
    agree = [1.0 if answer[i] < answer[j] else 0.5 if answer[i] == answer[j] else 0.0 for i, j in pairs]
    assert np.isclose(davis.ordered(answer, truth), np.mean(agree))


def test_f1() -> None:
    assert skab.f1(np.array([True, True, False, False]), np.array([True, False, True, False])) == 0.5


def test_a_tone_is_loudest_in_its_own_band_all_the_time() -> None:
    found = []
    for hertz in (300, 1200, 3000):
        parts = heard(np.sin(2 * np.pi * hertz * np.arange(4000) / 8000), 8000).reshape(5, 32)
        assert len(set(parts.argmax(axis=1))) == 1
        found.append(parts[0].argmax())
    assert found == sorted(set(found))


def test_windows_to_learn_from_end_where_the_test_begins() -> None:
    values = np.random.default_rng(0).normal(size=(450, 8))
    rows, is_test = skab.table([(values, np.arange(450) >= 420)] * 2)
    assert is_test.sum() == 100
    assert rows.labels("disturbed").values[is_test].sum() == 60
    assert rows.labels("disturbed").values[~is_test].mean() == 0.5
    first = rows.frame["vibration"].iloc[int(np.flatnonzero(is_test)[0])]
    assert np.allclose(first, values[skab.LEARNT + 1 - skab.WINDOW : skab.LEARNT + 1, :2])
    learnt = np.concatenate(rows.frame["vibration"][~is_test][::2].to_list())
    assert np.isin(learnt, values[: skab.LEARNT, :2]).all()
