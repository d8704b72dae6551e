"""What cells of each kind are compared by: rows of numbers that hardly change when a cell is copied with loss."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image as Pillow
from scipy.sparse import csr_matrix

from polymodal.features._features import Matrix
from polymodal.quality.content import Content
from polymodal.registry import FEATURES
from polymodal.schema.many import ManyStatistics

_POINTS = 256  # of a series that is laid beside another
_SIDE = 16  # of a picture


def means(kind: str, content: Content, seed: int) -> Matrix:
    """The mean over the items of each cell of what items of `kind` are compared by."""
    items = [one for cell in content.arrays for one in cell]
    if kind == "series" and not getattr(content.modality.item, "irregular", False):
        each: Matrix = signals(items)
    elif kind == "image":
        each = thumbnails(items)
    elif kind == "video":
        each = stills(items)
    else:
        assert isinstance(content.statistics, ManyStatistics)
        features = FEATURES.get(kind).measure(items, content.statistics.of, seed)
        each = features.wide(items)
        each = each[:, : getattr(features, "n_counted", each.shape[1])]
    counts = np.array([len(cell) for cell in content.arrays])
    owner = np.repeat(np.arange(len(counts)), counts)
    shares = csr_matrix((1 / counts[owner], (owner, np.arange(len(owner)))), shape=(len(counts), len(owner)))
    found: Matrix = shares @ each
    return found


def columns(content: Content) -> np.ndarray:
    """Numbers in spreads, and categories as whole numbers, the rare ones apart too."""
    found = []
    for values in zip(*content.samples, strict=True):
        known = np.array([value is not None for value in values])
        some = [value for value in values if value is not None]
        column = np.full(len(values), np.nan)
        if some and isinstance(some[0], str):
            column[known] = np.unique(some, return_inverse=True)[1]
            found.append(column)
        else:
            column[known] = some
            found.append(spread(column[:, None])[:, 0])
    return np.stack(found, axis=1) if found else np.zeros((len(content), 0))


def spread(values: np.ndarray) -> np.ndarray:
    """Columns `[K, F]` in units of their spread, which a few far values do not widen."""
    found = np.array(values)
    for column in found.T:
        known = column[~np.isnan(column)]
        if len(known):
            low, high = np.quantile(known, [0.25, 0.75])
            column /= (min((high - low) / 1.349, known.std()) if high > low else known.std()) or 1.0
    return found


def signals(series: Sequence[np.ndarray]) -> np.ndarray:
    """`[K, P * C]`: series on one grid, gaps bridged, each channel about its own mean."""
    points = min(_POINTS, max((len(one) for one in series), default=1))
    found = np.zeros((len(series), points, series[0].shape[1] if len(series) else 1), dtype=np.float32)
    for row, one in enumerate(series):
        for channel in range(one.shape[1]):
            here = np.flatnonzero(~np.isnan(one[:, channel]))
            if len(here):
                line = np.interp(np.linspace(0, len(one) - 1, points), here, one[here, channel])
                found[row, :, channel] = line - line.mean()
    return found.reshape(len(series), -1)


def thumbnails(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """`[K, 768]`: small pictures less what all have in common, each colour about its own mean.

    Compression and another size change these least; edges, which tell classes apart, they change more than most
    pictures differ.
    """
    size = (_SIDE, _SIDE)
    small = [np.asarray(Pillow.fromarray(one).resize(size, Pillow.Resampling.BOX)) for one in pictures]
    found = np.stack(small).reshape(len(small), -1, 3).astype(np.float32)
    found -= found.mean(axis=0)
    found -= found.mean(axis=1, keepdims=True)
    return found.reshape(len(small), -1)


def stills(videos: Sequence[np.ndarray]) -> np.ndarray:
    """`[K, 2304]`: thumbnails of the first frame, one in the middle and the last."""
    pictures = [one["picture"] for one in videos]
    places = ([0, len(one) // 2, -1] for one in pictures)
    chosen = [[one[place] for place in at] for one, at in zip(pictures, places, strict=True)]
    return np.concatenate([thumbnails(at) for at in zip(*chosen, strict=True)], axis=1)
