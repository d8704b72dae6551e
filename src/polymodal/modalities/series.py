"""Series: one or several channels sampled at a fixed rate, of any length, with gaps inside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field as Setting

from polymodal.modalities._curves import sparkline
from polymodal.modalities._paths import resolve
from polymodal.registry import MODALITIES
from polymodal.schema.cells import Cells, Unreadable, decode_each
from polymodal.schema.modality import Modality, Statistics

if TYPE_CHECKING:
    from torch import Tensor

SUFFIXES = (".npy", ".csv", ".tsv", ".parquet")


class SeriesStatistics(Statistics):
    """Mean and spread of each channel over the training rows."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


@MODALITIES.register("series")
class Series(Modality):
    """Samples `[T]` or `[T, C]`: an array, nested lists, or a path below `files=` (.npy, .csv, .tsv, .parquet).

    `rate` is in samples a second and dates the curves that are shown; NaN inside is a gap and stays one.
    A series longer than `max_length` is averaged over windows down to it.

    >>> cells = Series(rate=50).read("gait", pd.DataFrame({"gait": [[0.0, 1.0, 0.5], None]}), None)
    >>> cells.state.tolist(), cells.samples[0].shape
    ([1, 0], (3, 1))
    """

    kind: ClassVar[str] = "series"
    reads_files: ClassVar[bool] = True
    has_parts: ClassVar[bool] = True
    encoder: str = "series"
    rate: float | None = Setting(None, gt=0)
    max_length: int = Setting(2048, ge=8)

    @classmethod
    def recognises(cls, values: pd.Series, files: Path | None) -> str | None:
        seen = values.dropna().head(100).tolist()
        if not seen:
            return None
        if sum(isinstance(one, str) and one.lower().endswith(SUFFIXES) for one in seen) >= 0.9 * len(seen):
            return "paths of recorded series"
        if not all(isinstance(one, (list, tuple, np.ndarray)) and len(one) for one in seen):
            return None
        shapes = {np.shape(one)[1:] for one in map(_array_or_none, seen) if one is not None}
        lengths = {len(one) for one in seen}
        if len(shapes) == 1 and len(next(iter(shapes))) == 1:
            return f"arrays of time x {next(iter(shapes))[0]} channels"
        if shapes == {()} and len(lengths) > 1:
            return f"lists of numbers of unequal length ({min(lengths)} to {max(lengths)})"
        return None

    def read(self, name: str, frame: pd.DataFrame, files: Path | None) -> Cells:
        raws = frame[name].tolist() if name in frame.columns else [None] * len(frame)
        return decode_each(raws, lambda raw: self._decode(raw, files), column=name, rows=frame.index)

    def storable(self, raw: Any, find: Callable[[str], Path]) -> Any:
        """A file as the array in it."""
        return _load(find(str(raw))) if isinstance(raw, (str, Path)) else raw

    @classmethod
    def statistics_kind(cls) -> type[SeriesStatistics]:
        return SeriesStatistics

    def measure(self, samples: Sequence[np.ndarray]) -> SeriesStatistics:
        widths = [sample.shape[1] for sample in samples]
        channels = max(set(widths), key=widths.count) if widths else 1
        mean, std = [], []
        for channel in range(channels):
            values = [s[:, channel][~np.isnan(s[:, channel])] for s in samples if s.shape[1] == channels]
            seen = np.concatenate(values) if values else np.zeros(0)
            mean.append(float(seen.mean()) if len(seen) else 0.0)
            std.append(float(seen.std()) or 1.0 if len(seen) else 1.0)
        return SeriesStatistics(mean=tuple(mean), std=tuple(std))

    def prepare(self, sample: np.ndarray, statistics: SeriesStatistics) -> np.ndarray:
        channels = len(statistics.mean)
        if sample.shape[1] != channels:
            raise Unreadable(f"{channels} channels were learnt, {sample.shape[1]} came")
        return ((sample - statistics.mean) / statistics.std).clip(-20, 20).astype(np.float32)

    def collate(self, arrays: Sequence[np.ndarray], statistics: SeriesStatistics) -> tuple[Tensor, Tensor | None]:
        """Standardised values `[n, L, C]`, zero in gaps and beyond the end, and mask `[n, L, C]`."""
        import torch

        longest = max(len(array) for array in arrays)
        values = np.full((len(arrays), longest, len(statistics.mean)), np.nan, dtype=np.float32)
        for row, array in enumerate(arrays):
            values[row, : len(array)] = array
        mask = ~np.isnan(values)
        return torch.from_numpy(np.where(mask, values, np.float32(0))), torch.from_numpy(mask)

    def html(self, sample: np.ndarray) -> str:
        label = f"{len(sample) / self.rate:.3g} s" if self.rate else f"{len(sample)} samples"
        return sparkline(sample, label)

    @classmethod
    def example(cls, random: np.random.Generator) -> np.ndarray:
        steps = random.normal(size=(int(random.integers(5, 40)), 2)).cumsum(axis=0)
        steps[random.random(steps.shape) < 0.1] = np.nan
        steps[0] = 0.0
        return steps.astype(np.float32)

    def _decode(self, raw: Any, files: Path | None) -> np.ndarray | None:
        path = None
        if isinstance(raw, (str, Path)):
            path = str(resolve(str(raw), files))
            raw = _load(Path(path))
        array = _array_or_none(raw)
        if array is None or array.ndim not in (1, 2):
            shape = "" if array is None else f" of shape {list(array.shape)}"
            raise Unreadable(f"numbers [time] or [time, channels] are expected, {type(raw).__name__}{shape} came", path)
        beyond = np.abs(array) > np.finfo(np.float32).max  # samples are kept in that precision
        if beyond.any():
            raise Unreadable(f"{int(beyond.sum())} values are infinite, or too large for 32 bits", path)
        if array.size == 0 or np.isnan(array).all():
            return None
        array = array[:, None] if array.ndim == 1 else array
        return _shorten(array, self.max_length).astype(np.float32)


def _array_or_none(raw: Any) -> np.ndarray | None:
    try:
        array = np.asarray(
            raw if isinstance(raw, np.ndarray) and raw.dtype != object else _nested(raw), dtype=np.float64
        )
    except (TypeError, ValueError, OverflowError):
        return None
    return None if array.ndim == 0 else array


def _nested(raw: Any) -> Any:
    """Lists of arrays and arrays of lists (what Arrow gives back) as plain nested lists; None inside becomes NaN."""
    if isinstance(raw, (list, tuple, np.ndarray)):
        return [_nested(one) for one in raw]
    return np.nan if raw is None else raw


def _load(path: Path) -> Any:
    try:
        if path.suffix.lower() == ".npy":
            return np.load(path, allow_pickle=False)
        if path.suffix.lower() == ".parquet":
            return pd.read_parquet(path).to_numpy(dtype=np.float64)
        if path.suffix.lower() in (".csv", ".tsv", ".txt"):
            separator = "\t" if path.suffix.lower() == ".tsv" else None
            return pd.read_csv(path, sep=separator, engine="python").to_numpy(dtype=np.float64)
    except (OSError, ValueError, EOFError, pd.errors.ParserError) as error:
        raise Unreadable(f"not a readable series: {error}", str(path)) from error
    raise Unreadable(f"a series file ends in one of {', '.join(SUFFIXES)}", str(path))


def _shorten(array: np.ndarray, longest: int) -> np.ndarray:
    if len(array) <= longest:
        return array
    window = -(-len(array) // longest)
    padded = np.full((-(-len(array) // window) * window, array.shape[1]), np.nan)
    padded[: len(array)] = array
    windows = padded.reshape(-1, window, array.shape[1])
    counts = (~np.isnan(windows)).sum(axis=1)
    return np.where(counts > 0, np.nansum(windows, axis=1) / np.maximum(counts, 1), np.nan)
