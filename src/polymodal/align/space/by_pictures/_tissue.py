"""Where there is something: tissue told from an empty slide, a thing from what it lies on."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from polymodal.errors import DataError

_BLUR = 3.0  # pixels
_PALE = 0.02  # amount below which differences are no longer looked at
_PIECE = 0.1  # share of the largest piece, from which on another counts
_CROPPED = 0.5  # share of the rim that is tissue, from which on a picture is one of tissue all over
_LEAST = 0.002  # share of the picture
_STRUCTURE = 0.2  # what a blur leaves of the spread; it leaves less of mere noise
_FAINT = 0.05  # optical density, or share of the range, by which tissue differs from the background


def tissue(amount: np.ndarray, seen: np.ndarray, side: str) -> np.ndarray:
    """Mask `[h, w]` of the pieces of tissue, holes filled: Otsu (1979) on the logarithm of the amount.

    The logarithm keeps pale tissue with dark tissue and not with the background. All that is seen where tissue
    reaches over most of the rim. Raises DataError for a constant picture, mere noise, and a slide without tissue.
    """
    inside = amount[seen]
    spread = float(inside.std())
    if spread < 1e-6:
        raise DataError(f"the {side} picture is constant: there is nothing to go by")
    filled = np.where(seen, amount, np.median(inside))
    smooth = ndimage.gaussian_filter(filled, _BLUR)
    if smooth[seen].std() < _STRUCTURE * spread:
        raise DataError(f"the {side} picture shows noise only: no tissue, nor anything else larger than a few pixels")
    logarithm = np.log(np.maximum(smooth, 0) + _PALE)
    is_more = seen & (logarithm > otsu(logarithm[seen]))
    if smooth[is_more].mean() - smooth[seen & ~is_more].mean() < _FAINT:
        raise DataError(
            f"the {side} picture shows no tissue: all of it is nearly as bright as its background. Where such "
            "faint differences mean something, ask with stain='grey'"
        )
    rim = seen & ~ndimage.binary_erosion(seen, iterations=2)
    if is_more[rim].mean() > _CROPPED:
        return seen
    closed = ndimage.binary_closing(np.pad(is_more, 4), iterations=3)[4:-4, 4:-4] & seen
    pieces, n = ndimage.label(ndimage.binary_fill_holes(closed))
    sizes = np.bincount(pieces.ravel(), minlength=n + 1)[1:]
    mask = np.isin(pieces, 1 + np.flatnonzero(sizes >= _PIECE * sizes.max(initial=0)))
    if mask.mean() < _LEAST:
        raise DataError(
            f"the {side} picture shows no tissue: the largest piece of anything is {mask.mean():.2%} of it. Cut the "
            "picture to where the tissue lies"
        )
    return mask


def otsu(values: np.ndarray, bins: int = 256) -> float:
    """The threshold that parts values best into two groups (Otsu 1979).

    >>> 0.1 < otsu(np.array([0.0, 0.1, 0.9, 1.0])) < 0.9
    True
    """
    counts, edges = np.histogram(values, bins)
    centres = (edges[1:] + edges[:-1]) / 2
    below, total = np.cumsum(counts), float(len(values))
    sums = np.cumsum(counts * centres)
    between = np.zeros(bins)
    inner = (below > 0) & (below < total)
    between[inner] = (sums[-1] * below[inner] - sums[inner] * total) ** 2 / (below[inner] * (total - below[inner]))
    best = np.flatnonzero(between == between.max())
    return float(edges[1:][best].mean())


def stretched(channel: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The channel from 0 to 1 between its percentiles 1 and 99 inside the tissue, float32."""
    low, high = np.percentile(channel[mask], [1, 99])
    if high - low < 1e-9:  # of one shade throughout: then its outline is all there is
        low, high = 0.0, max(float(channel[mask].max()), 1e-9)
    return ((channel - low) / (high - low)).clip(0, 1).astype(np.float32)
