"""A period, a turn of the axes, a share above a threshold: what the figures of a series must say."""

import numpy as np
import pytest

from polymodal.features._minirocket import _TRIPLES, dilations, responses, shares_above, thresholds
from polymodal.features._ranks import normal_ranks, rank_knots
from polymodal.features._signals import coherences, levels, periods, pitches, relations
from polymodal.features.series import SeriesFeatures, _all_figures
from polymodal.modalities.series import Series

LENGTHS = (1, 2, 3, 7, 30, 30, 64, 200)


def walks(channels: int = 3, lengths: tuple[int, ...] = LENGTHS) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.normal(size=(length, channels)).cumsum(axis=0).astype(np.float32) for length in lengths]


def fitted(samples: list[np.ndarray], seed: int = 0) -> tuple[SeriesFeatures, list[np.ndarray]]:
    kind = Series()
    statistics = kind.measure(samples)
    arrays = [kind.prepare(sample, statistics) for sample in samples]
    return SeriesFeatures.measure(arrays, statistics, seed), arrays


@pytest.mark.parametrize("period", [8, 20, 33])
def test_a_sine_has_its_period_and_its_pitch(period: int) -> None:
    wave = np.sin(2 * np.pi * np.arange(400) / period)[None]
    first_zero, lag, height, lowest = periods(wave)[0]
    assert abs(first_zero - period / 4) <= 1
    assert abs(lag - period) <= 1
    assert height > 0.9
    assert lowest < -0.9
    band = np.geomspace(1 / 256, 1 / 2, 64).reshape(16, 4)
    assert band[pitches(wave)[0].argmax()].min() * 0.9 <= 1 / period <= band[pitches(wave)[0].argmax()].max() * 1.1


def test_levels_are_those_of_numpy() -> None:
    signal = np.random.default_rng(1).gamma(2.0, size=(1, 500))
    found = levels(signal)[0]
    assert found[:3] == pytest.approx([signal.mean(), signal.mean(), signal.std()])
    assert found[3:8] == pytest.approx(np.quantile(signal, [0.05, 0.25, 0.5, 0.75, 0.95]))
    assert found[9] == pytest.approx(np.sqrt((signal**2).mean()))
    assert found[13] == pytest.approx((np.diff(np.sign(signal - signal.mean())) != 0).mean(), abs=1e-9)


def test_correlation_of_channels_and_who_goes_first() -> None:
    time = np.arange(300) * 0.1
    found = relations(np.stack([np.sin(time), -np.sin(time)], axis=1)[None])[0]
    assert found[0] == pytest.approx(-1, abs=1e-3)
    ahead = relations(np.stack([np.cos(time), np.sin(time)], axis=1)[None])[0]
    behind = relations(np.stack([np.sin(time), np.cos(time)], axis=1)[None])[0]
    assert ahead[2] * behind[2] < -0.1
    assert coherences(np.stack([np.sin(time), np.sin(time)], axis=1)[None])[0, 3] == pytest.approx(1, abs=1e-3)


def test_turning_the_axes_leaves_length_and_eigenvalues_alone() -> None:
    random = np.random.default_rng(2)
    samples = [random.normal(size=(1, 100, 3)) * [1.0, 2.0, 3.0] + 1.0 for _ in range(3)]
    turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
    gaps = np.zeros((1, 3))
    for sample in samples:
        plain, of_trees = _all_figures(sample, gaps)
        turned, _ = _all_figures(sample @ turn, gaps)
        of_length = slice(of_trees, of_trees + 37)
        eigenvalues = slice(of_trees - 9, of_trees - 3)
        for same in (of_length, eigenvalues):
            np.testing.assert_allclose(turned[:, same], plain[:, same], atol=1e-6)
        assert np.abs(turned[:, 3:60] - plain[:, 3:60]).max() > 0.1


def test_shares_equal_brute_force() -> None:
    random = np.random.default_rng(3)
    signals = random.normal(size=(2, 3, 40)).astype(np.float32)
    steps = dilations(40)
    above = np.stack([thresholds(list(signals[:, view]), steps, 0) for view in range(3)])
    found = shares_above(signals, steps, above)
    for row, view, number, kernel in [(0, 0, 0, 0), (1, 2, 1, 83), (0, 1, len(steps) - 1, 40)]:
        weights = np.full(9, -1.0)
        weights[_TRIPLES[kernel]] = 2.0
        padded = np.pad(signals[row, view].astype(np.float64), 4 * steps[number])
        at = [padded[t : t + 8 * steps[number] + 1 : steps[number]] @ weights for t in range(40)]
        np.testing.assert_allclose(responses(signals[row, view][None], steps[number])[0, kernel], at, atol=1e-4)
        want = (np.array(at)[:, None] > above[view, number, kernel]).mean(axis=0)
        np.testing.assert_allclose(found[row, view, number, kernel], want, atol=1e-6)


def test_ranks_follow_the_normal_curve_and_pass_over_gaps() -> None:
    column = np.random.default_rng(4).gamma(1.0, size=(2000, 1))
    columns = np.concatenate([column, np.full((2000, 1), 7.0), np.full((2000, 1), np.nan)], axis=1)
    columns[5, 0] = np.nan
    found = normal_ranks(columns, rank_knots(columns))
    assert found[5, 0] == 0
    assert found[:, 0].std() == pytest.approx(1, abs=0.02)
    assert not found[:, 1:].any()


@pytest.mark.parametrize("channels", [1, 3, 12])
def test_a_row_stands_alone(channels: int) -> None:
    features, arrays = fitted(walks(channels))
    for view in (features.wide, features.compact):
        together = view(arrays)
        for row, array in enumerate(arrays):
            np.testing.assert_allclose(view([array])[0], together[row], atol=1e-5)
        assert together.dtype == np.float32
    assert np.isfinite(features.wide(arrays)).all()
    assert features.compact(arrays).shape[1] <= 160


def test_a_gap_is_bridged_and_told_and_an_empty_channel_is_not_invented() -> None:
    features, arrays = fitted(walks())
    gap, zero, empty = arrays[-1].copy(), arrays[-1].copy(), arrays[-1].copy()
    gap[50:80, 0], zero[50:80, 0], empty[:, 0] = np.nan, 0.0, np.nan
    wide, compact = features.wide([gap, zero, empty]), features.compact([gap, zero, empty])
    assert np.isfinite(wide).all()
    assert np.abs(wide[0] - wide[1]).max() > 0.1
    assert compact[:, 0] == pytest.approx([0.15, 0.0, 1.0])
    assert np.isnan(compact[2, 3:40]).all()
    assert np.isfinite(compact[2, 40:77]).all()
    assert np.isfinite(compact[:2]).all()
    longer = np.concatenate([arrays[0], np.full((20, 3), np.nan, dtype=np.float32)])
    np.testing.assert_array_equal(features.wide([longer]), features.wide([arrays[0]]))


@pytest.mark.parametrize("lengths", [(1,), (200,), (1, 1, 1)])
def test_one_sample_or_one_row_is_enough_to_measure(lengths: tuple[int, ...]) -> None:
    features, arrays = fitted(walks(2, lengths))
    assert np.isfinite(features.wide(arrays)).all()
    assert len(features.compact(walks(2))) == len(LENGTHS)


def test_the_seed_decides_and_what_is_restored_answers_alike() -> None:
    features, arrays = fitted(walks(12))
    again, _ = fitted(walks(12))
    other, _ = fitted(walks(12), seed=1)
    np.testing.assert_array_equal(features.wide(arrays), again.wide(arrays))
    assert not np.array_equal(features.wide(arrays), other.wide(arrays))
    restored = SeriesFeatures.restore(*features.export())
    np.testing.assert_array_equal(restored.wide(arrays), features.wide(arrays))
    np.testing.assert_array_equal(restored.compact(arrays), features.compact(arrays))


def test_what_was_given_is_left_as_it_was() -> None:
    features, arrays = fitted(walks())
    arrays[-1][10:20] = np.nan
    before = [array.copy() for array in arrays]
    features.wide(arrays), features.compact(arrays)
    for array, old in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, old)
