"""Pictures as edges, colours and outlines, for models that are no networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from polymodal.features._features import Features
from polymodal.features._kept import Kept, Row
from polymodal.features._reduction import principal_directions
from polymodal.modalities.image import ImageStatistics
from polymodal.registry import FEATURES

_SIDE = 64  # larger pictures are averaged down to this
_CELLS = (8, 4)  # cells along a side, fine and coarse
_ANGLES = 9
_THUMBNAIL = 8
_HUES, _SHADES = 12, 6
_DIRECTIONS = 48
_WEIGHT = 300.0  # columns of unit spread that each grid counts for, however many it has
_FIGURES = 2.0  # weight of a figure beside such a column
_BATCH = 64
_BACKGROUND = 0.08  # how far from the colour of the border a pixel may be to count as background
_KEPT: Kept[Row] = Kept()


@FEATURES.register("image")
@dataclass(frozen=True)
class ImageFeatures(Features):
    """Wide: histograms of oriented gradients (Dalal & Triggs 2005) at two scales, thumbnails of the colours and of
    what stands out from the background, and figures of the colours and the outline, each figure
    standardised by itself and each grid as a whole.

    Compact: the figures, and 48 principal components of the rest. `mean` and `std` are `[W]`, `directions` `[W', k]`.

    >>> from polymodal.modalities.image import Image
    >>> pictures = [np.full((16, 16, 3), shade, dtype=np.uint8) for shade in (0, 100, 255)]
    >>> features = ImageFeatures.measure(pictures, Image().measure(pictures), seed=0)
    >>> len(features.wide(pictures)), len(features.compact(pictures))
    (3, 3)
    """

    kinds: ClassVar[tuple[str, ...]] = ("image",)

    mean: np.ndarray
    std: np.ndarray
    directions: np.ndarray

    @classmethod
    def measure(cls, arrays: Sequence[np.ndarray], statistics: ImageStatistics, seed: int) -> Self:
        figures, *grids = _described(arrays)
        return cls(*scales(figures, grids, seed))

    def wide(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        plain = np.concatenate(_described(arrays), axis=1)
        return ((plain - self.mean) / self.std).clip(-10, 10).astype(np.float32)

    def compact(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        figures, *grids = _described(arrays)
        n_figures = figures.shape[1]
        centred = (np.concatenate(grids, axis=1) - self.mean[n_figures:]) / self.std[n_figures:]
        return np.concatenate([figures, centred @ self.directions], axis=1).astype(np.float32)


def scales(figures: np.ndarray, grids: Sequence[np.ndarray], seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and unit `[W]` of figures `[n, F]` and grids `[n, G]`, and the main directions of the grids in that unit."""
    # A floor under the spread keeps a column that hardly ever moves from shouting when it does.
    spread = [np.maximum(figures.std(axis=0), 0.02) / _FIGURES]
    for grid in grids:
        common = np.sqrt(grid.var(axis=0).mean())
        spread.append(np.full(grid.shape[1], max(float(common), 0.02) * np.sqrt(grid.shape[1] / _WEIGHT)))
    mean = np.concatenate([block.mean(axis=0) for block in (figures, *grids)])
    std = np.concatenate(spread)
    n_figures = figures.shape[1]
    centred = (np.concatenate(grids, axis=1) - mean[n_figures:]) / std[n_figures:]
    return mean, std, principal_directions(centred.astype(np.float64), _DIRECTIONS, seed)


def _described(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Figures `[n, C]`, then each thing laid out in space `[n, G]`, a few pictures at a time."""
    return [np.stack(block) for block in zip(*_KEPT.of(arrays, _rows), strict=True)]


def _rows(arrays: list[np.ndarray]) -> list[Row]:
    batches = (describe(np.stack(arrays[at : at + _BATCH])) for at in range(0, len(arrays), _BATCH))
    # Copies, or the row of one picture would hold on to its whole batch.
    return [tuple(part.copy() for part in row) for blocks in batches for row in zip(*blocks, strict=True)]


def describe(pixels: np.ndarray) -> list[np.ndarray]:
    """Figures `[n, F]`, then each thing laid out in space `[n, G]`, of pictures `[n, S, S, 3]` uint8."""
    n = len(pixels)
    # Colours come first from here on: three planes are faster to compare than many triples.
    picture = pixels.transpose(0, 3, 1, 2).astype(np.float32) / 255
    if picture.shape[2] > _SIDE:
        picture = _pooled(picture, _SIDE)
    strength, direction = gradients(picture)
    fine, coarse = (histograms(direction, strength, _ANGLES, True, min(cells, picture.shape[2])) for cells in _CELLS)
    directions = coarse.sum(axis=(1, 2))
    stands_out = _stands_out(picture)
    small = _pooled(picture, _THUMBNAIL)
    figures = [
        _colours(picture, stands_out),
        _outline(stands_out),
        _symmetry(_grey(small)),
        np.stack([strength.mean(axis=(1, 2)), (strength > 0.1).mean(axis=(1, 2))], axis=1),
        directions / (directions.sum(axis=1, keepdims=True) + 1.0),
    ]
    shape = _pooled(stands_out[:, None], _THUMBNAIL)
    grids = [_normalised(fine), _normalised(coarse), small, shape]
    return [np.concatenate(figures, axis=1), *(grid.reshape(n, -1) for grid in grids)]


def gradients(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Strength of the edge at each pixel of `[n, colours, H, W]`, and its direction from 0 to 9, both `[n, H, W]`.

    The colour with the strongest edge speaks. The direction is the gradient's, 0 for the horizontal, 9 for half a turn.

    >>> ramp = np.broadcast_to(np.linspace(0, 1, 8), (1, 1, 8, 8))
    >>> gradients(ramp)[1].max()
    np.float64(0.0)
    """
    padded = np.pad(picture, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    all_across = (padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]) / 2
    all_down = (padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]) / 2
    across, down = all_across[:, 0], all_down[:, 0]
    for colour in range(1, picture.shape[1]):
        one, other = all_across[:, colour], all_down[:, colour]
        is_stronger = one**2 + other**2 > across**2 + down**2
        across, down = np.where(is_stronger, one, across), np.where(is_stronger, other, down)
    strength = np.hypot(across, down)
    return strength, (np.arctan2(down, across) / np.pi % 1) * _ANGLES


def histograms(place: np.ndarray, weight: np.ndarray, bins: int, is_circle: bool, cells: int) -> np.ndarray:
    """`[n, cells, cells, bins]`: weights summed by place, for each rectangle of `[n, H, W]`.

    A place between two bins is shared by both in proportion to how near they are; on a circle the last bin is beside
    the first.

    >>> histograms(np.array([[[0.25]]]), np.array([[[1.0]]]), 3, False, 1).ravel().tolist()
    [0.75, 0.25, 0.0]
    """
    n, height, width = place.shape
    row, column = (np.arange(length) * cells // length for length in (height, width))
    cell = ((np.arange(n)[:, None, None] * cells + row[:, None]) * cells + column).ravel()
    some = np.flatnonzero(weight)  # often few pixels weigh anything
    cell, place, weight = cell[some], place.ravel()[some], weight.ravel()[some]
    lower = np.floor(place).astype(np.int64)
    part = place - lower
    total = np.zeros(n * cells * cells * bins)
    for bin_, share in ((lower, 1 - part), (lower + 1, part)):
        kept = bin_ % bins if is_circle else np.minimum(bin_, bins - 1)
        total += np.bincount(cell * bins + kept, share * weight, minlength=len(total))
    return total.reshape(n, cells, cells, bins).astype(np.float32)


def _normalised(cells: np.ndarray) -> np.ndarray:
    """Each cell `[n, K, K, 9]` relative to its four blocks of two by two, clipped at .2 on the way (L2-Hys)."""
    side = cells.shape[1]
    if side < 2:
        blocks = cells[:, :, :, None, :]
    else:
        corners = [cells[:, i : side - 1 + i, j : side - 1 + j] for i in (0, 1) for j in (0, 1)]
        blocks = np.stack(corners, axis=3)
    flat = blocks.reshape(*blocks.shape[:3], -1)
    flat = np.minimum(flat / np.sqrt((flat**2).sum(axis=3, keepdims=True) + 1e-4), 0.2)
    return flat / np.sqrt((flat**2).sum(axis=3, keepdims=True) + 1e-4)


def _stands_out(picture: np.ndarray) -> np.ndarray:
    """`[n, H, W]`, 1 where a pixel differs from the border's median colour, 0 in the background."""
    border = np.concatenate([picture[:, :, 0], picture[:, :, -1], picture[..., 0], picture[..., -1]], axis=2)
    red, green, blue = np.moveaxis(np.abs(picture - np.median(border, axis=2)[:, :, None, None]), 1, 0)
    distance = np.maximum(np.maximum(red, green), blue)
    return (distance > _BACKGROUND).astype(np.float32)


def _colours(picture: np.ndarray, stands_out: np.ndarray) -> np.ndarray:
    """Mean and spread of each colour, and shares of hues, shades and strengths of colour in what stands out."""
    n = len(picture)
    red, green, blue = np.moveaxis(picture, 1, 0)
    top = np.maximum(np.maximum(red, green), blue)
    colourful = top - np.minimum(np.minimum(red, green), blue)
    safe = np.where(colourful > 0, colourful, 1.0)
    hue = np.select(
        [colourful == 0, top == red, top == green],
        [np.zeros_like(top), (green - blue) / safe % 6, (blue - red) / safe + 2],
        (red - green) / safe + 4,
    )
    hues = histograms(hue * (_HUES / 6), colourful * stands_out, _HUES, True, 1)
    inside = stands_out.sum(axis=(1, 2))[:, None] + 1.0
    levels = [one * (_SHADES - 1) for one in (_grey(picture), colourful / np.maximum(top, 1e-3))]
    shades = [histograms(one, stands_out, _SHADES, False, 1) for one in levels]
    moments = [picture.mean(axis=(2, 3)), picture.std(axis=(2, 3))]
    shares = [np.sqrt(one.reshape(n, -1) / inside) for one in (hues, *shades)]
    return np.concatenate([*moments, *shares], axis=1).reshape(n, -1)


def _outline(stands_out: np.ndarray) -> np.ndarray:
    """How much stands out, where its middle is, how far it spreads, and how full its rectangle is."""
    _, height, width = stands_out.shape
    rows, columns = stands_out.mean(axis=2), stands_out.mean(axis=1)
    total = stands_out.mean(axis=(1, 2))
    figures = [total]
    extents = []
    for profile, length in ((rows, height), (columns, width)):
        place = (np.arange(length, dtype=np.float32) + 0.5) / length
        sum_ = profile.sum(axis=1) + 1e-6
        middle = (profile * place).sum(axis=1) / sum_
        spread = np.sqrt((profile * (place - middle[:, None]) ** 2).sum(axis=1) / sum_)
        extents.append((profile > 0).mean(axis=1))
        figures += [middle, spread, extents[-1]]
    box = extents[0] * extents[1]
    return np.stack([*figures, total / (box + 1e-6), extents[0] - extents[1]], axis=1)


def _symmetry(grey: np.ndarray) -> np.ndarray:
    """How alike a small grey picture is to its mirror images, from -1 to 1: left to right, up to down, turned."""
    centred = grey - grey.mean(axis=(1, 2), keepdims=True)
    power = (centred**2).mean(axis=(1, 2)) + 1e-4
    mirrored = (centred[:, :, ::-1], centred[:, ::-1], centred[:, ::-1, ::-1])
    return np.stack([(centred * one).mean(axis=(1, 2)) / power for one in mirrored], axis=1)


def _grey(picture: np.ndarray) -> np.ndarray:
    return picture[:, 0] * 0.299 + picture[:, 1] * 0.587 + picture[:, 2] * 0.114


def _pooled(maps: np.ndarray, cells: int) -> np.ndarray:
    """`[n, k, H, W]` averaged over `cells` x `cells` equal rectangles, `[n, k, cells, cells]`."""
    return _overlaps(maps.shape[2], cells) @ maps @ _overlaps(maps.shape[3], cells).T


def _overlaps(length: int, cells: int) -> np.ndarray:
    """`[cells, length]`: what part of each cell every pixel fills; rows sum to one."""
    edges = np.arange(cells + 1) * (length / cells)
    pixel = np.arange(length)
    shared = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    return (np.maximum(shared, 0) * (cells / length)).astype(np.float32)
