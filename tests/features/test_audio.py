"""Timbre, spectrum and length against closed forms."""

import numpy as np
import pytest

from polymodal.features.audio import AudioFeatures, means_of_parts, shape_of_spectrum
from polymodal.modalities._mel import centres, log_mel
from polymodal.modalities.audio import Audio

RATE = 16_000
TURNS = np.arange(RATE // 2) / RATE


def fitted(sounds: list[np.ndarray], **settings):
    kind = Audio(**settings)
    statistics = kind.measure(sounds)

    def prepare(others: list[np.ndarray]) -> list[np.ndarray]:
        return [kind.prepare(one, statistics) for one in others]

    return AudioFeatures.measure(prepare(sounds), statistics, 0), prepare


def tone(pitch: float) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * pitch * TURNS)


def test_the_spectrum_of_a_tone_and_of_noise() -> None:
    middle = centres(RATE, 64)
    noise = np.random.default_rng(0).normal(size=RATE)
    of_tone = shape_of_spectrum(log_mel(tone(1000), RATE, 64), middle)[:-1].mean(axis=0)
    of_noise = shape_of_spectrum(log_mel(noise, RATE, 64), middle).mean(axis=0)
    assert np.exp(of_tone[0]) == pytest.approx(1000, rel=0.05)
    assert of_tone[1] < of_noise[1]
    assert of_tone[3] < of_noise[3] - 5


def test_zero_crossings_of_noise_are_those_of_rice() -> None:
    spectrum = np.fft.rfft(np.random.default_rng(0).normal(size=4 * RATE))
    spectrum[len(spectrum) // 4 :] = 0  # 2 kHz: well below what the rate holds, so that no crossing is missed
    dull = np.fft.irfft(spectrum)
    found = shape_of_spectrum(log_mel(dull, RATE, 64), centres(RATE, 64))[:, 2].mean()
    assert np.exp(found) == pytest.approx((np.diff(np.signbit(dull)) != 0).mean() * RATE, rel=0.05)


def test_zero_crossings_of_a_tone_are_two_a_turn() -> None:
    found = shape_of_spectrum(log_mel(tone(440), RATE, 128), centres(RATE, 128))[5, 2]
    assert np.exp(found) == pytest.approx(880, rel=0.1)


@pytest.mark.parametrize("length", [1, 2, 5, 8, 33])
@pytest.mark.parametrize("parts", [1, 3, 8])
def test_means_of_parts_are_those_of_every_frame_repeated(length: int, parts: int) -> None:
    values = np.random.default_rng(0).normal(size=(length, 2))
    expected = np.repeat(values, parts, axis=0).reshape(parts, length, 2).mean(axis=1)
    np.testing.assert_allclose(means_of_parts(values, parts), expected, atol=1e-12)


def test_when_something_sounds_is_told_and_silence_around_it_is_not() -> None:
    sounds = [np.concatenate(pair) for pair in ((tone(300), tone(2000)), (tone(2000), tone(300)))]
    features, prepare = fitted(sounds)
    forth, back = features.compact(prepare(sounds))
    # Four parts of 16 cepstra: the first half of one is the second of the other.
    np.testing.assert_allclose(forth[1:16], back[49:64], atol=0.5)
    assert np.abs(forth[1:16] - back[1:16]).max() > 5
    quiet = np.zeros(3200)
    noise = np.random.default_rng(0).normal(size=8000)
    alone, framed = features.compact(prepare([noise, np.concatenate([quiet, noise, quiet])]))
    level = slice(16, 64, 16)
    assert np.abs(np.delete(alone[:64] - framed[:64], np.r_[0, level])).max() < 8
    assert framed[-2] > alone[-2]
    assert framed[-1] == pytest.approx(alone[-1], abs=0.1)


def test_length_is_the_logarithm_of_frames() -> None:
    features, prepare = fitted([tone(300), tone(400)])
    assert features.compact(prepare([tone(300)]))[0, -2] == pytest.approx(np.log(49))


@pytest.mark.parametrize("n_mels", [8, 64, 100])
@pytest.mark.parametrize(
    "sounds", [[np.zeros(1)], [np.zeros(8000)] * 3, [tone(200), np.zeros(1)], [np.full(900, 1e20)] * 2]
)
def test_silence_and_single_samples_are_finite(sounds: list[np.ndarray], n_mels: int) -> None:
    features, prepare = fitted(sounds, n_mels=n_mels)
    for asked in (sounds, [tone(1000)]):
        wide, compact = features.wide(prepare(asked)), features.compact(prepare(asked))
        assert wide.dtype == compact.dtype == np.float32
        assert np.isfinite(wide).all()
        assert np.isfinite(compact).all()
        assert compact.shape[1] <= 150


def test_columns_have_unit_spread_and_rows_stand_alone() -> None:
    random = np.random.default_rng(0)
    sounds = [random.normal(size=int(random.integers(1000, 6000))).cumsum() for _ in range(30)]
    features, prepare = fitted(sounds)
    arrays = prepare(sounds)
    wide = features.wide(arrays)
    moving = np.isfinite(features.spread)
    np.testing.assert_allclose(wide.std(axis=0)[moving], 1, atol=0.2)
    np.testing.assert_array_equal(wide[3:4], features.wide(arrays[3:4]))


def test_exported_and_restored_is_the_same() -> None:
    features, prepare = fitted([tone(pitch) for pitch in (200, 300, 900)])
    again = AudioFeatures.restore(*features.export())
    np.testing.assert_array_equal(again.wide(prepare([tone(500)])), features.wide(prepare([tone(500)])))
