"""Where a picture lies in one that shows more of the thing, or less: every angle and every shift, on tiny copies."""

from __future__ import annotations

import numpy as np
from scipy import fft, ndimage

from polymodal.align.space.by_pictures._angles import N_ANGLES, Start, centre, reduction, rotation, smaller

_SIDE = 80  # pixels of the tiny copies
_SHOWN = 0.6  # share of the content of one picture that has to lie within the other


def placed(fixed: np.ndarray, fixed_mask: np.ndarray, moving: np.ndarray, moving_mask: np.ndarray) -> Start | None:
    """The angle and the shift at which two channels correlate best where both pictures lie, wherever their centres are.

    By masked normalised cross-correlation (Padfield 2012). None where there is no such place.
    """
    by = reduction(fixed.shape, moving.shape, side=_SIDE)
    one, other = smaller(fixed * fixed_mask, by), smaller(moving * moving_mask, by)
    side = int(np.ceil(np.hypot(*other.shape))) + 2  # holds the moving picture at every angle
    shape = [fft.next_fast_len(length + side, real=True) for length in one.shape]
    there = np.ones_like(one)
    spectra = [fft.rfft2(values, shape) for values in (one, there, one**2)]
    middles = np.array(other.shape[::-1]) / 2 - 0.5, np.full(2, side / 2 - 0.5)
    best: tuple[float, float, np.ndarray] | None = None
    for angle in np.arange(N_ANGLES) * 360.0 / N_ANGLES:
        turn = rotation(float(angle))
        shift = middles[0] - turn @ middles[1]
        seen, view = (
            ndimage.affine_transform(values, turn[::-1, ::-1], shift[::-1], (side, side), order=1)
            for values in (np.ones_like(other), other)
        )
        view, seen = view * (seen > 0.5), (seen > 0.5).astype(np.float64)
        scores = _scores(spectra, view, seen, shape, one.sum(), view.sum())
        row, column = np.unravel_index(int(np.argmax(scores)), scores.shape)
        if best is None or scores[row, column] > best[0]:
            lag = np.array([_signed(int(column), shape[1], one.shape[1]), _signed(int(row), shape[0], one.shape[0])])
            best = float(scores[row, column]), float(angle), lag
    if best is None or best[0] <= 0:
        return None
    # A place of the fixed copy lies `lag` further up and left in the turned one.
    at = centre(smaller(fixed_mask.astype(np.float32), by))
    landed = rotation(best[1]) @ (at - best[2] - middles[1]) + middles[0]
    full = [(place + 0.5) * by - 0.5 for place in (at, landed)]
    return Start(best[1], full[0], full[1], best[0])


def _scores(
    spectra: list[np.ndarray], view: np.ndarray, seen: np.ndarray, shape: list[int], total: float, own: float
) -> np.ndarray:
    """Correlation for every shift of the moving picture against the fixed one; -1 where too little is shown of both."""
    turned = [np.conj(fft.rfft2(values, shape)) for values in (view, seen, view**2)]

    def lagged(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        found: np.ndarray = fft.irfft2(first * second, shape)
        return found

    n = np.maximum(lagged(spectra[1], turned[1]), 1e-9)
    sums = lagged(spectra[0], turned[1]), lagged(spectra[1], turned[0])
    spreads = lagged(spectra[2], turned[1]) - sums[0] ** 2 / n, lagged(spectra[1], turned[2]) - sums[1] ** 2 / n
    both = lagged(spectra[0], turned[0]) - sums[0] * sums[1] / n
    shares = np.maximum(sums[0] / max(total, 1e-9), sums[1] / max(own, 1e-9))
    flat = 1e-6 * max(total, own, 1e-9)
    is_told = (shares > _SHOWN) & (spreads[0] > flat) & (spreads[1] > flat)
    scores = np.full(n.shape, -1.0)
    scores[is_told] = both[is_told] / np.sqrt(spreads[0][is_told] * spreads[1][is_told])
    return scores


def _signed(place: int, period: int, length: int) -> float:
    """A lag as a shift to either side."""
    return float(place if place < length else place - period)
