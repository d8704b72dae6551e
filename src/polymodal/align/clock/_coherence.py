"""Which frequencies two signals share, and how much each of them should count in finding their lag."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import fft
from scipy.ndimage import uniform_filter1d

from polymodal.align.clock._correlation import standard

_SMOOTHED = 31  # bins of the padded transform that are taken together
_HIGHEST = 0.999  # squared coherence that is believed
_FLOOR = 0.01  # of the strongest frequency; what leaks from it into faint ones is shared, too, but at no lag
_LEAST = 0.05  # squared coherence, below which a frequency tells nothing


def weights_of(pieces: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]) -> np.ndarray | None:
    """Weights of frequencies for `correlogram`, from aligned pieces (`x`, `y` and their masks), all of one length.

    The estimator of Hannan & Thomson (1973), which is that of maximum likelihood: what is shared weighs by how little
    noise there is beside it. The squared coherence is smoothed over pieces and frequencies, less what chance gives.
    None where no frequency is shared.
    """
    size = fft.next_fast_len(len(pieces[0][0]) + len(pieces[0][1]), real=True)
    cross: np.ndarray = np.zeros(size // 2 + 1, dtype=np.complex128)
    powers = np.zeros((2, size // 2 + 1))
    for x, y, x_here, y_here in pieces:
        fx, fy = (fft.rfft(standard(*one), size, axis=0) for one in ((x, x_here), (y, y_here)))
        cross += (fx * fy.conj()).sum(axis=1)
        powers += np.stack([(np.abs(one) ** 2).sum(axis=1) for one in (fx, fy)])
    smooth = uniform_filter1d(cross.real, _SMOOTHED) + 1j * uniform_filter1d(cross.imag, _SMOOTHED)
    power = np.sqrt(np.prod(uniform_filter1d(powers, _SMOOTHED, axis=1), axis=0))
    power = np.maximum(power, _FLOOR * power.max())
    # Half-overlapping pieces and padded bins: about a quarter of what was averaged is independent.
    chance = 1 / max(len(pieces) * pieces[0][0].shape[1] * _SMOOTHED / 4, 2)
    shared = ((np.abs(smooth) / power) ** 2 - chance) / (1 - chance)
    shared = np.where(shared > _LEAST, shared.clip(0, _HIGHEST), 0.0)
    if not shared.any():
        return None
    found: np.ndarray = np.sqrt(shared) / (1 - shared) / power
    return found
