"""Sound as the power in bands that are spaced as the ear hears them, frame by frame."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.fft import next_fast_len, rfft

WINDOW, HOP = 0.025, 0.010  # seconds
_FAINTEST = 1e-10  # power that is taken for silence
_RANGE = 1e-8  # below the loudest band by 80 dB, nothing is told apart
_WITHIN = 32  # places at which a bin of the Fourier transform is looked at
_FRAMES = 512  # transformed at once


def log_mel(samples: np.ndarray, rate: int, n_mels: int) -> np.ndarray:
    """`[T]` -> `[frames, mels]` float32: log power of windows of 25 ms, every 10 ms, the last filled up with zeros.

    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(1600) / 16000)
    >>> spectrogram = log_mel(tone, 16000, 64)
    >>> spectrogram.shape, round(float(centres(16000, 64)[spectrogram[3].argmax()]))
    ((9, 64), 1007)
    """
    power = mel_power(samples, rate, n_mels)
    return np.log(np.maximum(power, max(_FAINTEST, _RANGE * float(power.max())))).astype(np.float32)


def mel_power(samples: np.ndarray, rate: int, n_mels: int) -> np.ndarray:
    """`[frames, mels]` float64: mean power of each window that falls into each band.

    Bands overlap so that between the centres of the first and the last no power is lost or counted twice.
    """
    length, hop = window_of(rate)
    n_frames = 1 + max(0, -(-(len(samples) - length) // hop))
    padded = np.zeros((n_frames - 1) * hop + length)
    padded[: len(samples)] = samples
    frames = np.lib.stride_tricks.sliding_window_view(padded, length)[::hop]
    taper = np.hanning(length + 2)[1:-1]
    size = next_fast_len(length, real=True)
    bands = _bands(rate, n_mels, size)
    found = np.empty((n_frames, n_mels))
    for start in range(0, n_frames, _FRAMES):
        spectrum = np.abs(rfft(frames[start : start + _FRAMES] * taper, size)) ** 2
        spectrum[:, 1 : (size + 1) // 2] *= 2  # negative frequencies
        found[start : start + _FRAMES] = spectrum @ bands
    return found / (size * (taper**2).sum())


def window_of(rate: int) -> tuple[int, int]:
    """Samples of a window, and from one to the next."""
    return max(2, round(WINDOW * rate)), max(1, round(HOP * rate))


def centres(rate: int, n_mels: int) -> np.ndarray:
    """`[mels]` the middle of each band in Hz; 2595 log10(1 + Hz / 700) are equally far apart (O'Shaughnessy 1987)."""
    return _edges(rate, n_mels)[1:-1]


def _edges(rate: int, n_mels: int) -> np.ndarray:
    top = 2595 * np.log10(1 + rate / 2 / 700)
    return np.asarray(700 * (10 ** (np.linspace(0, top, n_mels + 2) / 2595) - 1))


@lru_cache(maxsize=16)
def _bands(rate: int, n_mels: int, size: int) -> np.ndarray:
    """`[bins, mels]`: triangles, averaged over each bin, so that one narrower than a bin is not empty."""
    edges = _edges(rate, n_mels)
    bins = np.arange(size // 2 + 1)
    within = (np.arange(_WITHIN) + 0.5) / _WITHIN - 0.5
    pitches = np.abs(bins[:, None] + within)[:, :, None] * rate / size
    rising = (pitches - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - pitches) / (edges[2:] - edges[1:-1])
    found = np.maximum(0, np.minimum(rising, falling)).mean(axis=1)
    found.flags.writeable = False
    return found
