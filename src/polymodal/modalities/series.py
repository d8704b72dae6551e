"""Series: one or several channels over time, at a fixed rate or by their own clocks, with gaps inside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field as Setting
from pydantic import model_validator

from polymodal.errors import SchemaError
from polymodal.modalities._channels import bare, blocks_of, chosen, laid_out
from polymodal.modalities._clocks import DENSE, UNITS, common_rate, is_even, on_grid, on_one_line
from polymodal.modalities._curves import sparkline
from polymodal.modalities._numbers import written
from polymodal.modalities._paths import resolve
from polymodal.modalities._recordings import load, shortened
from polymodal.modalities._surveyed import looks_like, survey
from polymodal.modalities._timed import USUAL, drawn, packed, span_of, step_of
from polymodal.registry import MODALITIES
from polymodal.schema.cells import Cells, Unreadable, decode_each
from polymodal.schema.modality import Modality, Statistics

if TYPE_CHECKING:
    from torch import Tensor

IRREGULAR, PATCHES = "series_attention", "series_patches"  # encoders


class SeriesStatistics(Statistics):
    """Mean and spread of each channel over the training rows, and their time: in seconds if `timed`, else in samples.

    `origin` is where time begins, `span` how long most series last, `step` from one measurement to the next.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    timed: bool = False
    origin: float = 0.0
    span: float = 1.0
    step: float = 1.0


@MODALITIES.register("series")
class Series(Modality):
    """Channels over time: at a fixed rate as `[T]` or `[T, C]`, or with times of their own; NaN and None are gaps.

    A cell is an array, nested lists, `(times, values)`, `(values, rate)`, a frame or dict with a column of times or
    with such pairs for channels, or a path below `files=` (.npy, .npz, .csv, .tsv, .parquet). Times are numbers,
    counted in `unit`, or dates; the column `time` of theirs is found if it bears a usual name. Out of order they are
    sorted, values of one time are averaged, and the report says so.

    `rate` is in samples a second. Times on an even grid that is two fifths filled or more make a series at that rate,
    with gaps where a sample is not there; else it is `irregular`, and neither filled nor interpolated. `irregular` says
    so whatever the times are; files are taken to be regular. Irregular time counts from the first measurement, or
    without `relative` from its zero. `channels` are those to read, in that order. Series longer than `max_length` are
    averaged over windows down to it. `patch` cuts regular ones into so many samples at a time for a Transformer
    (`series_patches`).

    >>> cells = Series(rate=50).read("gait", pd.DataFrame({"gait": [[0.0, 1.0, 0.5], None]}), None)
    >>> cells.state.tolist(), cells.samples[0].shape
    ([1, 0], (3, 1))
    >>> frame = pd.DataFrame({"ward": [{"time": [0, 50, 60], "hr": [71, None, 75], "spo2": [None, 98, 97]}]})
    >>> ward = Series(unit="min").resolve("ward", frame)
    >>> ward.irregular, ward.channels, ward.read("ward", frame, None).samples[0].tolist()
    (True, ('hr', 'spo2'), [[0.0, 71.0, nan], [3000.0, nan, 98.0], [3600.0, 75.0, 97.0]])
    """

    kind: ClassVar[str] = "series"
    reads_files: ClassVar[bool] = True
    has_parts: ClassVar[bool] = True
    axes: ClassVar[int | None] = 2
    encoder: str = "series"
    rate: float | None = Setting(None, gt=0)
    irregular: bool | None = None
    relative: bool = True
    channels: tuple[str, ...] = ()
    time: str | None = None
    unit: Literal["ns", "us", "ms", "s", "min", "h", "D"] = "s"
    max_length: int = Setting(2048, ge=8)
    patch: int | None = Setting(None, ge=2)

    @model_validator(mode="before")
    @classmethod
    def _usual_encoder(cls, given: Any) -> Any:
        if isinstance(given, dict) and "encoder" not in given:
            if given.get("irregular"):
                return {**given, "encoder": IRREGULAR}
            if given.get("patch") is not None:
                return {**given, "encoder": PATCHES}
        return given

    @model_validator(mode="after")
    def _together(self) -> Series:
        if self.patch is not None and self.encoder != PATCHES:
            raise ValueError(f"patch= is for the encoder {PATCHES!r}, and encoder={self.encoder!r} was asked for")
        if self.patch is not None and self.irregular:
            raise ValueError("patch= cuts series at a fixed rate, which irregular ones have not; leave one of them out")
        if not self.relative and not self.irregular:
            raise ValueError("relative=False is for irregular series; say irregular=True")
        if len(set(self.channels)) < len(self.channels) or self.time in self.channels:
            raise ValueError(f"channels= names each channel once, and not the times; {list(self.channels)} came")
        return self

    @classmethod
    def recognises(cls, values: pd.Series, files: Path | None) -> str | None:
        return looks_like(values)

    def resolve(self, name: str, frame: pd.DataFrame) -> Modality:
        super().resolve(name, frame)
        names, lines = survey(frame[name].tolist(), self.time, self.unit, self.channels, self.rate)
        settled: dict[str, Any] = {}
        if names and not self.channels:
            settled["channels"] = tuple(sorted(names))
        if lines and not self.irregular:
            rate = self.rate or common_rate(lines, 0.0 if self.irregular is False else DENSE)
            if rate is not None and all(is_even(line, rate) for line in lines):
                settled |= {"irregular": False, "rate": rate}
            elif self.irregular is False:
                raise SchemaError(f"modality {name!r}: its times are not those of one rate; leave out irregular=False")
            else:
                settled["irregular"] = True
                if "encoder" not in self.model_fields_set:
                    settled["encoder"] = IRREGULAR
        return self.model_validate({**self.model_dump(exclude_unset=True), **settled}) if settled else self

    def read(self, name: str, frame: pd.DataFrame, files: Path | None) -> Cells:
        """Samples are `[T, C]` float32; of irregular series `[T, 1 + C]` float64, seconds first. NaN is a gap."""
        raws = frame[name].tolist() if name in frame.columns else [None] * len(frame)
        cells = decode_each(raws, lambda raw: self._decode(raw, files), column=name, rows=frame.index)
        found = [(row, one) for row, one in enumerate(cells.samples) if one is not None]
        samples: list[np.ndarray | None] = [None] * len(cells)
        for row, (sample, _) in found:
            samples[row] = sample
        notes = [(frame.index[row], note) for row, (_, told) in found for note in told]
        return replace(cells, samples=samples, notes=notes)

    def storable(self, raw: Any, find: Callable[[str], Path]) -> Any:
        """A file as the arrays in it."""
        raw = written(raw)
        return bare(load(find(str(raw))) if isinstance(raw, (str, Path)) else raw, self.time)

    def as_raw(self, sample: np.ndarray) -> Any:
        if not self.irregular:
            return sample
        there = ~np.isnan(sample[:, 0])
        return sample[there, 0] / UNITS[self.unit], sample[there, 1:]

    @classmethod
    def statistics_kind(cls) -> type[SeriesStatistics]:
        return SeriesStatistics

    def measure(self, samples: Sequence[np.ndarray]) -> SeriesStatistics:
        timed = bool(self.irregular)
        valued = [sample[:, 1:] for sample in samples] if timed else samples
        widths = [sample.shape[1] for sample in valued]
        channels = max(set(widths), key=widths.count) if widths else 1
        mean, std = [], []
        for channel in range(channels):
            values = [s[:, channel][~np.isnan(s[:, channel])] for s in valued if s.shape[1] == channels]
            seen = np.concatenate(values) if values else np.zeros(0)
            mean.append(float(seen.mean()) if len(seen) else 0.0)
            std.append(float(seen.std()) or 1.0 if len(seen) else 1.0)
        found = SeriesStatistics(mean=tuple(mean), std=tuple(std), timed=timed)
        if not timed:
            lengths = [len(sample) - 1 for sample in samples] or [1]
            return found.model_copy(update={"span": max(float(np.quantile(lengths, USUAL)), 1.0)})
        origin = 0.0 if self.relative or not samples else min(float(sample[0, 0]) for sample in samples)
        span = span_of(samples, None if self.relative else origin)
        return found.model_copy(update={"origin": origin, "span": span, "step": step_of(samples, span)})

    def prepare(self, sample: np.ndarray, statistics: SeriesStatistics) -> np.ndarray:
        """Standardised `[T, C]` float32; of irregular series `[K, 3]`, a row for each value (see `_timed`)."""
        channels, came = len(statistics.mean), sample.shape[1] - int(statistics.timed)
        if came != channels:
            raise Unreadable(f"{channels} channels were learnt, {came} came")
        if statistics.timed:
            return packed(sample, statistics.origin, statistics.span, statistics.mean, statistics.std)
        return ((sample - statistics.mean) / statistics.std).clip(-20, 20).astype(np.float32)

    def collate(self, arrays: Sequence[np.ndarray], statistics: SeriesStatistics) -> tuple[Tensor, Tensor | None]:
        """Standardised values `[n, L, C]`, zero in gaps and beyond the end, and mask `[n, L, C]`.

        Of irregular series `[n, K, 3]`, zero beyond the last value, and mask `[n, K]`.
        """
        import torch

        longest = max(len(array) for array in arrays)
        width = 3 if statistics.timed else len(statistics.mean)
        values = np.full((len(arrays), longest, width), np.nan, dtype=np.float32)
        for row, array in enumerate(arrays):
            values[row, : len(array)] = array
        mask = ~np.isnan(values)
        clean = torch.from_numpy(np.where(mask, values, np.float32(0)))
        return clean, torch.from_numpy(mask[:, :, 0] if statistics.timed else mask)

    def html(self, sample: np.ndarray) -> str:
        names = f": {', '.join(self.channels)}" if self.channels else ""
        if self.irregular:
            count = int((~np.isnan(sample[:, 1:])).sum())
            return sparkline(drawn(sample), f"{count} values in {sample[-1, 0] - sample[0, 0]:.3g} s{names}")
        label = f"{len(sample) / self.rate:.3g} s" if self.rate else f"{len(sample)} samples"
        return sparkline(sample, label + names)

    @classmethod
    def example(cls, random: np.random.Generator) -> np.ndarray:
        steps = random.normal(size=(int(random.integers(5, 40)), 2)).cumsum(axis=0)
        steps[random.random(steps.shape) < 0.1] = np.nan
        steps[0] = 0.0
        return steps.astype(np.float32)

    def _decode(self, raw: Any, files: Path | None) -> tuple[np.ndarray, list[str]] | None:
        path, raw = None, written(raw)
        if isinstance(raw, (str, Path)):
            path = str(resolve(str(raw), files))
            raw = load(Path(path))
        try:
            return self._sample(raw)
        except Unreadable as fault:
            raise Unreadable(fault.reason, path) from fault

    def _sample(self, raw: Any) -> tuple[np.ndarray, list[str]] | None:
        """The sample, and what had to be put right in its times."""
        blocks = chosen(blocks_of(raw, self.time, self.unit, self.channels), self.channels)
        most = np.finfo(np.float32).max  # samples of a fixed rate are kept in that precision
        beyond = sum(int((np.abs(block.values) > most).sum()) for block in blocks)
        if beyond:
            raise Unreadable(f"{beyond} values are infinite, or too large for 32 bits")
        if all(np.isnan(block.values).all() for block in blocks):
            return None
        if not self.irregular and not any(block.is_timed for block in blocks):
            values = laid_out(blocks[0].values, blocks, self.channels)
            return shortened(values, self.max_length).astype(np.float32), []
        if not self.irregular and self.rate is None:
            raise Unreadable(
                "it has times of its own; say pm.Series(irregular=True) to take them as they are, or "
                "pm.Series(rate=...) if they are even"
            )
        line = on_one_line(blocks, self.relative, self.rate)
        line = replace(line, values=laid_out(line.values, blocks, self.channels))
        notes = ["times out of order, sorted"] * line.unsorted + ["times that repeat, averaged"] * bool(line.repeated)
        if self.irregular:
            return shortened(np.column_stack([line.seconds, line.values]), self.max_length), notes
        assert self.rate is not None
        return shortened(on_grid(line, self.rate), self.max_length).astype(np.float32), notes
