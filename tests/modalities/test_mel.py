"""Power in bands against closed forms and SciPy's short-time Fourier transform."""

import numpy as np
import pytest
from scipy.signal import stft

from polymodal.modalities._mel import _bands, centres, log_mel, mel_power, window_of

RATE = 16_000


@pytest.mark.parametrize("pitch", [150.0, 440.0, 1000.0, 3500.0])
def test_a_tone_is_in_its_band_with_its_power(pitch: float) -> None:
    power = mel_power(0.5 * np.sin(2 * np.pi * pitch * np.arange(RATE) / RATE), RATE, 64)
    middle = centres(RATE, 64)
    assert np.abs(middle - pitch)[power[10].argmax()] == pytest.approx(np.abs(middle - pitch).min(), abs=25)
    np.testing.assert_allclose(power.sum(axis=1)[:-1], 0.125, rtol=1e-3)


def test_a_band_is_as_far_from_the_next_all_along() -> None:
    steps = np.diff(2595 * np.log10(1 + centres(RATE, 40) / 700))
    np.testing.assert_allclose(steps, steps[0])
    assert 2595 * np.log10(1 + 1000 / 700) == pytest.approx(1000, abs=0.1)


def test_between_the_outer_centres_no_power_is_lost_or_counted_twice() -> None:
    bands = _bands(RATE, 64, 400)
    pitches = np.arange(201) * RATE / 400
    middle = centres(RATE, 64)
    inside = (pitches - 20 > middle[0]) & (pitches + 20 < middle[-1])
    np.testing.assert_allclose(bands.sum(axis=1)[inside], 1, atol=1e-12)
    assert (bands.sum(axis=0) > 0).all()
    assert (_bands(1000, 256, 32).sum(axis=0) > 0).all()  # narrower than a bin


def test_the_mean_power_of_noise_is_kept() -> None:
    noise = np.random.default_rng(0).normal(size=200_000)
    middle = centres(RATE, 64)
    expected = (middle[-1] + 8000 - middle[0]) / 2 / 8000  # half of what is outside the outer centres
    assert mel_power(noise, RATE, 64).sum(axis=1).mean() == pytest.approx(expected, rel=0.01)


def test_frames_are_those_of_scipy() -> None:
    samples = np.random.default_rng(0).normal(size=400 + 160 * 9)
    taper = np.hanning(402)[1:-1]
    _, _, scaled = stft(samples, window=taper, nperseg=400, noverlap=240, boundary=None, padded=False)
    power = np.abs(scaled.T * taper.sum()) ** 2
    power[:, 1:-1] *= 2  # negative frequencies
    expected = power @ _bands(RATE, 64, 400) / (400 * (taper**2).sum())
    np.testing.assert_allclose(mel_power(samples, RATE, 64), expected, rtol=1e-9)


@pytest.mark.parametrize(("length", "frames"), [(1, 1), (400, 1), (401, 2), (560, 2), (561, 3), (16_000, 99)])
def test_every_sample_is_in_a_frame(length: int, frames: int) -> None:
    assert window_of(RATE) == (400, 160)
    samples = np.zeros(length)
    samples[-1] = 1.0
    power = mel_power(samples, RATE, 64)
    assert power.shape == (frames, 64)
    assert power[-1].sum() > 0


def test_silence_is_finite_and_quieter_than_any_sound() -> None:
    silent = log_mel(np.zeros(800), RATE, 64)
    assert np.isfinite(silent).all()
    assert silent.max() < log_mel(np.full(800, 1e-3) * np.random.default_rng(0).normal(size=800), RATE, 64).min()


def test_a_louder_sound_is_higher_by_its_gain() -> None:
    noise = np.random.default_rng(0).normal(size=4000)
    np.testing.assert_allclose(log_mel(10 * noise, RATE, 64) - log_mel(noise, RATE, 64), np.log(100), atol=1e-4)
