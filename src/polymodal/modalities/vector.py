"""Vector: many numbers that belong together, such as a gene panel or an embedding, with gaps inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field as Setting

from polymodal.modalities._curves import sparkline
from polymodal.modalities._numbers import flat, written
from polymodal.modalities._panels import columns_of, read_columns
from polymodal.registry import MODALITIES
from polymodal.schema.cells import Cells, Unreadable, decode_each
from polymodal.schema.modality import Modality, Statistics

if TYPE_CHECKING:
    from torch import Tensor


_LARGEST = 1e90  # beyond it the cube, summed over the rows, is no number any more


class VectorStatistics(Statistics):
    """Mean and spread of each feature, after a logarithm when `is_log`."""

    is_log: bool
    mean: tuple[float, ...]
    std: tuple[float, ...]


@MODALITIES.register("vector")
class Vector(Modality):
    """A panel of numbers `[F]`: several columns (by list or by `prefix`), or one column of equally long lists.

    `scale` "log" takes log(1 + x) first, "standard" does not, "auto" decides for the panel: log when nothing is
    negative and the typical feature is strongly skewed, as counts are.

    >>> frame = pd.DataFrame({"g:A": [1.0, None], "g:B": [2.0, None]})
    >>> genes = Vector(prefix="g:").resolve("genes", frame)
    >>> genes.columns, genes.read("genes", frame, None).state.tolist()
    (('g:A', 'g:B'), [1, 0])
    """

    kind: ClassVar[str] = "vector"
    axes: ClassVar[int] = 1
    is_group: ClassVar[bool] = True
    has_parts: ClassVar[bool] = True
    encoder: str = "vector"
    prefix: str | None = None
    scale: Literal["auto", "log", "standard"] = Setting("auto")

    @classmethod
    def recognises(cls, values: pd.Series, files: Path | None) -> str | None:
        seen = [written(one) for one in values.dropna().head(100).tolist()]
        if not seen or not all(isinstance(one, (list, tuple, np.ndarray)) for one in seen):
            return None
        lengths = {len(one) for one in seen if len(one)}
        if len(lengths) != 1 or not all(_is_flat_numbers(one) for one in seen if len(one)):
            return None
        return f"lists of {lengths.pop()} numbers"

    def resolve(self, name: str, frame: pd.DataFrame) -> Modality:
        if self.prefix is not None and not self.columns:
            return self.model_copy(update={"columns": columns_of(name, self.prefix, frame)})
        return super().resolve(name, frame)

    def read(self, name: str, frame: pd.DataFrame, files: Path | None) -> Cells:
        if self.columns:
            return read_columns(name, self.columns, frame)
        raws = frame[name].tolist() if name in frame.columns else [None] * len(frame)
        return decode_each(raws, _decode, column=name, rows=frame.index)

    def storable(self, raw: Any, find: Callable[[str], Path]) -> Any:
        return flat(raw)

    @classmethod
    def statistics_kind(cls) -> type[VectorStatistics]:
        return VectorStatistics

    def measure(self, samples: Sequence[np.ndarray]) -> VectorStatistics:
        lengths = [len(sample) for sample in samples]
        width = len(self.columns) or (max(set(lengths), key=lengths.count) if lengths else 1)
        panel = np.stack([s for s in samples if len(s) == width] or [np.full(width, np.nan)]).astype(np.float64)
        panel = panel.clip(-_LARGEST, _LARGEST)
        is_log = self.scale == "log" or (self.scale == "auto" and _looks_like_counts(panel))
        if is_log:
            panel = np.log1p(np.maximum(panel, 0))
        gaps = np.isnan(panel)
        counts = np.maximum((~gaps).sum(axis=0), 1)
        mean = np.where(gaps, 0, panel).sum(axis=0) / counts
        std = np.sqrt(np.where(gaps, 0, (panel - mean) ** 2).sum(axis=0) / counts)
        std = np.where(std > 1e-8 * np.abs(mean), std, 1.0)  # below that it is what rounding leaves of a constant
        return VectorStatistics(is_log=is_log, mean=tuple(mean.tolist()), std=tuple(std.tolist()))

    def prepare(self, sample: np.ndarray, statistics: VectorStatistics) -> np.ndarray:
        if len(sample) != len(statistics.mean):
            raise Unreadable(f"{len(statistics.mean)} numbers were learnt, {len(sample)} came")
        values = np.log1p(np.maximum(sample, 0)) if statistics.is_log else sample
        mean, std = np.array(statistics.mean), np.array(statistics.std)
        # Bounded before it is divided: a huge value over a small spread is no number any more.
        return ((np.clip(values, mean - 10 * std, mean + 10 * std) - mean) / std).astype(np.float32)

    def collate(self, arrays: Sequence[np.ndarray], statistics: VectorStatistics) -> tuple[Tensor, Tensor | None]:
        """Standardised values `[n, F]`, zero in gaps, and mask `[n, F]`."""
        import torch

        values = np.stack(arrays)
        mask = ~np.isnan(values)
        return torch.from_numpy(np.where(mask, values, np.float32(0))), torch.from_numpy(mask)

    def html(self, sample: np.ndarray) -> str:
        gaps = int(np.isnan(sample).sum())
        return sparkline(np.asarray(sample)[:, None], f"{len(sample)} numbers" + (f", {gaps} missing" if gaps else ""))

    @classmethod
    def example(cls, random: np.random.Generator) -> np.ndarray:
        values = random.normal(size=6)
        values[random.integers(1, 6)] = np.nan
        return values


def _decode(raw: Any) -> np.ndarray | None:
    raw = flat(raw)
    try:
        if isinstance(raw, (str, bytes, bytearray, Mapping, Set)):
            raise TypeError  # the letters, bytes or keys of which would do
        if isinstance(raw, np.ndarray) and raw.dtype.kind in "biuf":
            values = raw.astype(np.float64)
        else:
            values = np.asarray([np.nan if one is None else one for one in raw], dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        came = f"{raw[:40]!r}" if isinstance(raw, str) else type(raw).__name__
        raise Unreadable(f"a list of numbers is expected, as text '[0.5, 2]'; {came} came") from None
    if values.ndim != 1:
        raise Unreadable(f"a list of numbers is expected, an array of shape {list(values.shape)} came")
    if np.isinf(values).any():
        raise Unreadable(f"{int(np.isinf(values).sum())} values are infinite")
    return None if np.isnan(values).all() else values


def _is_flat_numbers(one: Any) -> bool:
    try:
        return np.asarray([np.nan if x is None else x for x in one], dtype=np.float64).ndim == 1
    except (TypeError, ValueError, OverflowError):
        return False


def _looks_like_counts(panel: np.ndarray) -> bool:
    seen = ~np.isnan(panel)
    if not seen.any() or np.nanmin(panel) < 0:
        return False
    filled = np.where(seen, panel, 0.0)
    counts = np.maximum(seen.sum(axis=0), 1)
    centred = np.where(seen, panel - filled.sum(axis=0) / counts, 0.0)
    spread = np.sqrt((centred**2).sum(axis=0) / counts)
    varies = spread > 0
    is_binary = np.isin(panel[seen], (0.0, 1.0)).all()
    if not varies.any() or is_binary:
        return False
    skewness = (centred[:, varies] ** 3).sum(axis=0) / counts[varies] / spread[varies] ** 3
    return bool(np.median(skewness) > 1.5)
