"""A cloud of points thinned out evenly over space."""

from __future__ import annotations

import numpy as np

_SPREADING = (
    (32, 0x001F00000000FFFF),
    (16, 0x001F0000FF0000FF),
    (8, 0x100F00F00F00F00F),
    (4, 0x10C30C30C30C30C3),
    (2, 0x1249249249249249),
)
_BITS = 20  # to which each coordinate is cut; three of them fit into one key


def thinned(cloud: np.ndarray, most: int) -> np.ndarray:
    """At most `most` of the points `[n, 3 + F]`, as many left out (NaN) in proportion; which ones no order decides.

    Points are taken at equal steps along a curve that fills space (Morton 1966), so that every region keeps its share.

    >>> line = np.stack([np.arange(100.0), np.zeros(100), np.zeros(100)], axis=1)
    >>> thinned(line, 4)[:, 0].tolist()
    [12.0, 37.0, 62.0, 87.0]
    """
    if len(cloud) <= most:
        return cloud
    lost = np.isnan(cloud[:, 0])
    points = cloud[~lost]
    n_kept = max(1, round(most * len(points) / len(cloud)))
    keys = _keys(points[:, :3])
    order = np.argsort(keys)
    steps = ((np.arange(n_kept) + 0.5) * len(points) / n_kept).astype(np.int64)
    kept = points[_told_apart(order, keys[order], points, steps)]
    return np.concatenate([kept, np.full((most - n_kept, cloud.shape[1]), np.nan)])


def _told_apart(order: np.ndarray, keys: np.ndarray, points: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """The points at some steps of an order by sorted keys, those of equal keys by their figures.

    Points with the same figures are the same. Only where a step falls is anything sorted further.
    """
    first, last = np.searchsorted(keys, keys[steps], side="left"), np.searchsorted(keys, keys[steps], side="right")
    found = order[steps]
    for start in np.unique(first[last - first > 1]).tolist():
        here = first == start
        alike = order[start : last[here][0]]
        found[here] = alike[np.lexsort(points[alike].T[::-1])[steps[here] - start]]
    return found


def _keys(points: np.ndarray) -> np.ndarray:
    """The bits of the three coordinates in turn."""
    low = points.min(axis=0)
    widest = float((points.max(axis=0) - low).max()) or 1.0
    cells = ((points - low) / widest * (2**_BITS - 1)).astype(np.uint64)
    keys = np.zeros(len(points), dtype=np.uint64)
    for axis in range(3):
        keys |= _spread(cells[:, axis]) << np.uint64(axis)
    return keys


def _spread(numbers: np.ndarray) -> np.ndarray:
    """Each of up to 21 bits three places from the next (Anderson, Bit Twiddling Hacks)."""
    for shift, mask in _SPREADING:
        numbers = (numbers | (numbers << np.uint64(shift))) & np.uint64(mask)
    return numbers
