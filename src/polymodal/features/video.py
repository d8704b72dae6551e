"""Videos as what their frames show, how much that varies and what moves where, for models that are no networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from polymodal.features._features import Features
from polymodal.features._kept import Kept, Row
from polymodal.features.image import describe, scales
from polymodal.modalities.video import VideoStatistics
from polymodal.registry import FEATURES

_SIDE = 16  # of the grey pictures that are compared with each other
_CELLS, _QUARTERS = 4, 2
_RIDGE = 1e-4
_LIMIT = 10.0
_KEPT: Kept[Row] = Kept()


@FEATURES.register("video")
@dataclass(frozen=True)
class VideoFeatures(Features):
    """The features of pictures, averaged over the frames, and their spread; and motion: how much each cell of a grid
    changes from frame to frame and from first to last, and in which direction it flows (Lucas & Kanade 1981).

    Wide: all of them, standardised. Compact: figures and main directions of the mean picture, and motion. `mean`,
    `std` and `directions` are those of pictures, `centre` and `unit` `[W]` those of spread and motion.
    """

    kinds: ClassVar[tuple[str, ...]] = ("video",)

    mean: np.ndarray
    std: np.ndarray
    directions: np.ndarray
    centre: np.ndarray
    unit: np.ndarray

    @classmethod
    def measure(cls, arrays: Sequence[np.ndarray], statistics: VideoStatistics, seed: int) -> Self:
        figures, *grids, spread, motion = _described(arrays)
        mean, std, directions = scales(figures, grids, seed)
        rest = np.concatenate([spread, motion], axis=1)
        return cls(mean, std, directions, rest.mean(axis=0), np.maximum(rest.std(axis=0), 0.02))

    def wide(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        *pictures, spread, motion = _described(arrays)
        seen = (np.concatenate(pictures, axis=1) - self.mean) / self.std
        rest = (np.concatenate([spread, motion], axis=1) - self.centre) / self.unit
        plain = np.concatenate([seen, rest], axis=1)
        return plain.clip(-_LIMIT, _LIMIT).astype(np.float32)

    def compact(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        figures, *grids, _, motion = _described(arrays)
        n_figures = figures.shape[1]
        centred = (np.concatenate(grids, axis=1) - self.mean[n_figures:]) / self.std[n_figures:]
        return np.concatenate([figures, centred @ self.directions, motion], axis=1).astype(np.float32)


def _described(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Figures `[n, F]` and grids `[n, G]` of pictures, means over the frames; spread `[n, F]`; motion `[n, M]`."""
    return [np.stack(block) for block in zip(*_KEPT.of(arrays, _rows), strict=True)]


def _rows(arrays: list[np.ndarray]) -> list[Row]:
    rows: list[Row] = []
    for array in arrays:
        blocks = describe(array["picture"])
        means = (block.mean(axis=0) for block in blocks)
        rows.append((*means, blocks[0].std(axis=0), motion_of(array["picture"], array["time"])))
    return rows


def motion_of(pictures: np.ndarray, times: np.ndarray) -> np.ndarray:
    """`[47]` float32 of frames `[T, S, S, 3]`: mean change and whole change of 4 x 4 cells; change over all, its
    spread over time and its largest; flow to the right and down, of all and of each quarter, in pixels of 16 a frame;
    how many frames and how long.

    >>> frames = np.zeros((4, 32, 32, 3), dtype=np.uint8)
    >>> for step in range(4):
    ...     frames[step, 8:24, 4 + 2 * step : 16 + 2 * step] = 200
    >>> right, down = motion_of(frames, np.arange(4.0))[35:37]
    >>> bool(0.5 < right < 1.5), bool(abs(down) < 0.05)
    (True, True)
    """
    grey = _grey(pictures)
    changes = np.diff(grey, axis=0, prepend=grey[:1])[1:] if len(grey) > 1 else np.zeros((1, _SIDE, _SIDE))
    amount = np.abs(changes).mean(axis=(1, 2))
    blocks: list[Any] = [
        _cells(np.abs(changes).mean(axis=0), _CELLS).ravel(),
        _cells(grey[-1] - grey[0], _CELLS).ravel(),
        [amount.mean(), amount.std(), amount.max()],
        _flow(grey, changes),
        [np.log(len(pictures)), np.log1p(times[-1])],
    ]
    return np.concatenate(blocks).astype(np.float32)


def _flow(grey: np.ndarray, changes: np.ndarray) -> np.ndarray:
    """`[10]`: by least squares what shift explains the changes, over the whole picture and over each quarter."""
    if len(grey) < 2:
        return np.zeros(2 + 2 * _QUARTERS**2)
    between = (grey[1:] + grey[:-1]) / 2
    down, across = np.gradient(between, axis=(1, 2))
    products = [across * across, across * down, down * down, across * changes, down * changes]
    sums = np.stack([_cells(one.mean(axis=0), _QUARTERS) for one in products])
    found = []
    for xx, xy, yy, xt, yt in (sums.mean(axis=(1, 2)), *sums.reshape(len(sums), -1).T):
        steep = np.array([[xx + _RIDGE, xy], [xy, yy + _RIDGE]])
        found.append(np.linalg.solve(steep, [-xt, -yt]))
    return np.concatenate(found)


def _grey(pictures: np.ndarray) -> np.ndarray:
    """`[T, 16, 16]` from 0 to 1, averaged down or repeated."""
    grey = pictures.astype(np.float64) @ (np.array([0.299, 0.587, 0.114]) / 255)
    side = grey.shape[1]
    borders = np.arange(_SIDE) * side // _SIDE
    if side < _SIDE:
        return grey[:, borders][:, :, borders]
    sizes = np.diff([*borders, side])
    for axis in (1, 2):
        shape = [1, 1, 1]
        shape[axis] = _SIDE
        grey = np.add.reduceat(grey, borders, axis=axis) / sizes.reshape(shape)
    return np.asarray(grey)


def _cells(grid: np.ndarray, cells: int) -> np.ndarray:
    """Means over `cells` x `cells` equal squares of `[16, 16]`."""
    return np.asarray(grid.reshape(cells, _SIDE // cells, cells, _SIDE // cells).mean(axis=(1, 3)))
