"""Frequencies weigh by what two signals share."""

import numpy as np
from scipy.signal import butter, sosfiltfilt

from polymodal.align.clock._coherence import weights_of

RANDOM = np.random.default_rng(0)


def pieces(noise: float) -> list[tuple[np.ndarray, ...]]:
    """Twelve pairs at 100 samples a second that share what lies below 10 Hz."""
    shared = sosfiltfilt(butter(6, 10, fs=100, output="sos"), RANDOM.normal(size=12_000))
    both = [shared + noise * RANDOM.normal(size=12_000) for _ in range(2)]
    here = np.ones((1000, 1), bool)
    cuts = [slice(1000 * k, 1000 * (k + 1)) for k in range(12)]
    return [(both[0][cut, None], both[1][cut, None], here, here) for cut in cuts]


def test_noise_alone_does_not_count() -> None:
    weights = weights_of(pieces(0.3))
    assert weights is not None
    hertz = np.linspace(0, 50, len(weights))
    assert weights[hertz < 8].min() > 0
    assert weights[hertz > 15].sum() < 0.02 * weights.sum()


def test_strangers_share_nothing() -> None:
    here = np.ones((400, 1), bool)
    many = [(RANDOM.normal(size=(400, 1)), RANDOM.normal(size=(400, 1)), here, here) for _ in range(30)]
    weights = weights_of(many)
    assert weights is None or (weights > 0).mean() < 0.1
