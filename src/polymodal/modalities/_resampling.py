"""Volumes of any size and spacing on one cubic grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from polymodal.schema.cells import Unreadable


def resampled(volume: np.ndarray, spacing: Sequence[float], size: int, step: float | None) -> np.ndarray:
    """`[X, Y, Z, C]` with voxels of `spacing` mm as `[size, size, size, C]` float32 with voxels of `step` mm.

    Both have the same centre. Without `step` the longest side just fits in. Values are weighed by a triangle as wide as
    the coarser of the two voxels, so that nothing is skipped; NaN has no weight. What lies beyond the volume, or among
    NaN alone, has the least value of the channel. Raises Unreadable when that is all.

    >>> resampled(np.arange(4.0).reshape(4, 1, 1, 1), (1, 1, 1), 2, None)[:, 0, 0, 0].tolist()
    [0.714..., 2.285...]
    """
    lengths = [n * one for n, one in zip(volume.shape, spacing, strict=False)]
    step = max(lengths) / size if step is None else step
    weights = [_weights(n, one, size, step).astype(np.float32) for n, one in zip(volume.shape, spacing, strict=False)]
    gaps = np.isnan(volume)
    found = _mixed(np.where(gaps, np.float32(0), volume).astype(np.float32), weights)
    if gaps.any():
        known = _mixed((~gaps).astype(np.float32), weights)
        is_there = known > 0
        found = np.where(is_there, found / np.where(is_there, known, 1), np.nan)
    else:
        x, y, z = (np.flatnonzero(one.any(axis=1)) for one in weights)
        outside = np.ones(found.shape[:3], dtype=bool)
        outside[np.ix_(x, y, z)] = False
        found[outside] = np.nan
    is_there = ~np.isnan(found)
    if not is_there.any(axis=(0, 1, 2)).all():
        raise Unreadable("what the grid covers was not measured: all of it is NaN")
    least = found.min(axis=(0, 1, 2), where=is_there, initial=np.inf)
    return np.where(np.isnan(found), least, found).astype(np.float32)


def _mixed(volume: np.ndarray, weights: Sequence[np.ndarray]) -> np.ndarray:
    for axis, one in enumerate(weights):
        volume = np.moveaxis(np.tensordot(one, volume, axes=(1, axis)), 0, axis)
    return volume


def _weights(n: int, spacing: float, size: int, step: float) -> np.ndarray:
    """`[size, n]`, rows that add up to one, or to zero beyond the volume."""
    given = (np.arange(n) - (n - 1) / 2) * spacing
    wanted = (np.arange(size) - (size - 1) / 2) * step
    found = np.maximum(0, 1 - np.abs(wanted[:, None] - given) / max(spacing, step))
    found[np.abs(wanted) >= (n * spacing + step) / 2] = 0  # voxels that do not overlap
    total = found.sum(axis=1, keepdims=True)
    return found / np.where(total > 0, total, 1)
