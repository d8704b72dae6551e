"""Points: a cloud of points in space a cell, as lidar, radar and scanners give; of any number, in no order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field as Setting

from polymodal.modalities._npy import array_from
from polymodal.modalities._paths import resolve
from polymodal.modalities._thinning import thinned
from polymodal.registry import MODALITIES
from polymodal.schema.cells import Cells, Unreadable, decode_each
from polymodal.schema.modality import Modality, Statistics

if TYPE_CHECKING:
    from torch import Tensor

AXES = 3
_SIDE, _DRAWN = 64, 200  # of the picture that is shown: pixels, points
_FURTHEST = 20.0
_LARGEST = 1e15  # beyond it squares, summed over the points, lose what they are about


class PointsStatistics(Statistics):
    """Mean of each channel over the training points, and its spread, which the three coordinates share."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


@MODALITIES.register("points")
class Points(Modality):
    """A cloud `[n, 3 + F]`: x, y, z and F further figures of each point, as an array, nested lists or a path of .npy.

    A point with NaN in it, a beam that never came back, is left out; how many were is kept and told. A cloud of
    nothing else is unreadable. Beyond `max_points` points are drawn evenly over space, always the same ones whatever
    their order. A cloud looks like a series of three channels, so it has to be named: `types={"scan": pm.Points()}`.

    >>> cells = Points().read("scan", pd.DataFrame({"scan": [[[0, 0, 1], [2, 0, 1.5], [None, 0, 0]], None]}), None)
    >>> cells.samples[0].shape, cells.state.tolist()
    ((3, 3), [1, 0])
    """

    kind: ClassVar[str] = "points"
    axes: ClassVar[int] = 2
    reads_files: ClassVar[bool] = True
    encoder: str = "points"
    max_points: int = Setting(2048, ge=8, le=1_000_000)

    @classmethod
    def recognises(cls, values: pd.Series, files: Path | None) -> str | None:
        return None

    def read(self, name: str, frame: pd.DataFrame, files: Path | None) -> Cells:
        """Samples are `[n, 3 + F]` float64; points that were left out are there as NaN."""
        raws = frame[name].tolist() if name in frame.columns else [None] * len(frame)
        return decode_each(raws, lambda raw: self._decode(raw, files), column=name, rows=frame.index)

    def storable(self, raw: Any, find: Callable[[str], Path]) -> Any:
        """A file as the array in it."""
        return _load(find(str(raw))) if isinstance(raw, (str, Path)) else raw

    @classmethod
    def statistics_kind(cls) -> type[PointsStatistics]:
        return PointsStatistics

    def measure(self, samples: Sequence[np.ndarray]) -> PointsStatistics:
        widths = [sample.shape[1] for sample in samples]
        width = max(set(widths), key=widths.count) if widths else AXES
        clouds = [real(sample) for sample in samples if sample.shape[1] == width]
        if not clouds:
            return PointsStatistics(mean=(0.0,) * width, std=(1.0,) * width)
        mean = np.mean([cloud.mean(axis=0) for cloud in clouds], axis=0)  # each cloud counts alike, however dense
        spread = np.sqrt(np.mean([((cloud - mean) ** 2).mean(axis=0) for cloud in clouds], axis=0))
        spread[:AXES] = np.sqrt((spread[:AXES] ** 2).mean())  # one measure for all axes, so that shapes stay
        spread = np.where(spread > 1e-9 * np.abs(mean).max(initial=1e-3), spread, 1.0)
        return PointsStatistics(mean=tuple(mean.tolist()), std=tuple(spread.tolist()))

    def prepare(self, sample: np.ndarray, statistics: PointsStatistics) -> np.ndarray:
        """`[1 + n, 3 + F]` float32: log of n, share of points left out, then zeros; then the points, standardised."""
        width = len(statistics.mean)
        if sample.shape[1] != width:
            raise Unreadable(f"points of {width} figures were learnt, {sample.shape[1]} came")
        cloud = real(sample)
        array = np.zeros((1 + len(cloud), width), dtype=np.float32)
        array[0, :2] = np.log(len(cloud)), 1 - len(cloud) / len(sample)
        array[1:] = ((cloud - statistics.mean) / statistics.std).clip(-_FURTHEST, _FURTHEST)
        return array

    def collate(self, arrays: Sequence[np.ndarray], statistics: PointsStatistics) -> tuple[Tensor, Tensor | None]:
        """`[n, 1 + N, 3 + F]`, zero beyond the end, and mask `[n, 1 + N]`; the first row is no point, its mask True."""
        import torch

        longest = max(len(array) for array in arrays)
        values = np.zeros((len(arrays), longest, len(statistics.mean)), dtype=np.float32)
        mask = np.zeros((len(arrays), longest), dtype=bool)
        for row, array in enumerate(arrays):
            values[row, : len(array)] = array
            mask[row, : len(array)] = True
        return torch.from_numpy(values), torch.from_numpy(mask)

    def html(self, sample: np.ndarray) -> str:
        """Seen from above."""
        cloud = real(sample)
        low, high = cloud[:, :2].min(axis=0), cloud[:, :2].max(axis=0)
        at = (cloud[:: -(-len(cloud) // _DRAWN), :2] - low) / (float((high - low).max()) or 1.0) * (_SIDE - 2) + 1
        dots = "".join(f'<circle cx="{x:.1f}" cy="{_SIDE - y:.1f}" r="0.8"/>' for x, y in at.tolist())
        lost = len(sample) - len(cloud)
        label = f"{len(cloud)} points" + (f", {lost} left out" if lost else "")
        box = f'width="{_SIDE}" height="{_SIDE}" viewBox="0 0 {_SIDE} {_SIDE}" role="img"'
        return f'<svg class="points" {box}><title>{label}</title>{dots}</svg><small>{label}</small>'

    @classmethod
    def example(cls, random: np.random.Generator) -> np.ndarray:
        cloud = random.normal(size=(int(random.integers(5, 30)), AXES + 1)).astype(np.float32)
        cloud[1:][random.random(len(cloud) - 1) < 0.1] = np.nan
        return cloud

    def _decode(self, raw: Any, files: Path | None) -> np.ndarray:
        path = None
        if isinstance(raw, (str, Path)):
            path = str(resolve(str(raw), files))
            raw = _load(Path(path))
        array = _numbers(raw)
        if array is None or array.ndim != 2 or array.shape[1] < AXES:
            shape = "" if array is None else f" of shape {list(array.shape)}"
            raise Unreadable(f"points [n, 3 or more] are expected, {type(raw).__name__}{shape} came", path)
        if not len(array):
            raise Unreadable("a cloud of no points", path)
        beyond = np.abs(array) > _LARGEST
        if beyond.any():
            raise Unreadable(f"{int(beyond.sum())} figures are infinite, or beyond {_LARGEST:g}", path)
        lost = np.isnan(array).any(axis=1)
        if lost.all():
            raise Unreadable(f"all {len(array)} points have NaN in them", path)
        array[lost] = np.nan
        return thinned(array, self.max_points)


def real(sample: np.ndarray) -> np.ndarray:
    """The points that were not left out."""
    return sample[~np.isnan(sample[:, 0])]


def _numbers(raw: Any) -> np.ndarray | None:
    """A new array, or None."""
    try:
        if isinstance(raw, np.ndarray) and raw.dtype != object:
            return raw.astype(np.float64) if raw.dtype.kind in "biuf" else None
        return np.array([[np.nan if one is None else one for one in point] for point in raw], dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None


def _load(path: Path) -> np.ndarray:
    if path.suffix.lower() != ".npy":
        raise Unreadable("a file of points ends in .npy", str(path))
    return array_from(path)
