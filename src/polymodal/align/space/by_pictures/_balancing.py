"""The affine map for all of the tissue, not only for the places where two pictures happen to fit exactly."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from polymodal.align.space.by_pictures._deforming import free_form
from polymodal.align.space.by_pictures._refining import View

_MESH, _LEVELS = 4, (8, 4)  # cells along each axis, how much smaller: finer bends have hardly an affine part
_STEP = 4  # pixels from one place that is looked at to the next
_LEAST = 100  # places, below which nothing is changed
_TOLD = 0.5  # pixels on average, below which copies so small cannot tell one map from another


def balanced(fixed: View, moving: View, matrix: np.ndarray) -> np.ndarray:
    """The affine map `[2, 3]`, near a given one, that misses a coarse deformation of the pictures by least squares.

    Where a thing is bent, mutual information is highest for a map that fits some places exactly and leaves the others
    far off. So what bends the one picture onto the other is estimated coarsely, on top of the given map, and the affine
    part of both together is taken over the tissue that both pictures show. Where too little is shared for that, or the
    answer is hardly another one, the map stays as it came.
    """
    offsets = free_form(fixed, moving, matrix, _MESH, _LEVELS)[::_STEP, ::_STEP]
    rows, columns = np.nonzero(fixed.mask[::_STEP, ::_STEP])
    places = np.column_stack([columns, rows]) * float(_STEP)
    landed = (places + offsets[rows, columns]) @ matrix[:, :2].T + matrix[:, 2]
    is_shared = ndimage.map_coordinates(moving.mask.astype(np.float32), landed[:, ::-1].T, order=1) > 0.5
    if is_shared.sum() < _LEAST:
        return matrix
    flat = np.column_stack([places, np.ones(len(places))])[is_shared]
    solved: np.ndarray = np.linalg.lstsq(flat, landed[is_shared], rcond=None)[0].T
    moved = np.linalg.norm(flat @ (solved - matrix).T, axis=1).mean()
    return solved if moved > _TOLD else matrix
