"""Tabular: a group of numeric and categorical columns, each of which may be missing by itself."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field as Setting

from polymodal.errors import CellError, SchemaError
from polymodal.modalities._numbers import read_numbers, shown
from polymodal.registry import MODALITIES
from polymodal.schema.cells import Cells, State, is_absent
from polymodal.schema.modality import Modality, Statistics

if TYPE_CHECKING:
    from torch import Tensor

LARGEST = 1e140  # beyond it the square, summed over the rows, is no number any more
OTHER = 0  # code of a category too rare in training to have its own, or never seen


class TabularStatistics(Statistics):
    """Sorted quantiles of each numeric column, and the known values of each categorical one."""

    quantiles: tuple[tuple[float, ...], ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    values: tuple[tuple[str, ...], ...]


@MODALITIES.register("tabular")
class Tabular(Modality):
    """Columns of numbers and categories as one modality; a row has it when any of its columns is filled.

    `categories` names the columns that hold categories; the others hold numbers. Left empty, it is read off the
    table: text, booleans and pandas categoricals are categories.

    >>> frame = pd.DataFrame({"age": [71.0, None], "ward": ["B", None]})
    >>> clinic = Tabular(columns=("age", "ward")).resolve("clinic", frame)
    >>> clinic.categories, clinic.read("clinic", frame, None).state.tolist()
    (('ward',), [1, 0])
    """

    kind: ClassVar[str] = "tabular"
    is_numeric: ClassVar[bool] = True
    is_group: ClassVar[bool] = True
    has_parts: ClassVar[bool] = True
    encoder: str = "tabular"
    categories: tuple[str, ...] = ()
    max_categories: int = Setting(1000, ge=2)

    @classmethod
    def recognises(cls, values: pd.Series, files: Path | None) -> str | None:
        seen = values.dropna()
        if not len(seen):
            return None
        if pd.api.types.is_bool_dtype(values) or all(isinstance(one, (bool, np.bool_)) for one in seen.head(500)):
            return "yes or no"
        if pd.api.types.is_numeric_dtype(values):
            return "numbers"
        if isinstance(values.dtype, pd.CategoricalDtype):
            return f"{seen.nunique()} categories"
        if all(isinstance(one, (str, bool, int, float, np.number)) for one in seen.head(500)):
            parsed = pd.to_numeric(seen, errors="coerce").notna().mean()
            if parsed >= 0.9:
                return "numbers written as text"
            distinct = seen.astype(str).nunique()
            if distinct <= max(20, 0.05 * len(seen)) and distinct <= 1000 and distinct < len(seen):
                return f"{distinct} categories"
        return None

    def resolve(self, name: str, frame: pd.DataFrame) -> Modality:
        super().resolve(name, frame)
        strange = set(self.categories) - set(self.sources(name))
        if strange:
            raise SchemaError(f"modality {name!r}: categories= names columns that are not its own: {sorted(strange)}")
        if self.categories:
            return self
        found = tuple(column for column in self.sources(name) if _is_categorical(frame[column]))
        return self.model_copy(update={"columns": self.sources(name), "categories": found})

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns that hold numbers."""
        return tuple(column for column in self.columns if column not in self.categories)

    def read(self, name: str, frame: pd.DataFrame, files: Path | None) -> Cells:
        """Samples are tuples: a float or None for each numeric column, then a string or None for each categorical one.

        One value that cannot be read is a fault of its own; the rest of the row stays.
        """
        columns = list(self.columns or (name,))
        raw = frame if frame.columns.isin(columns).sum() == len(columns) else frame.reindex(columns=columns)
        faults: list[CellError] = []
        read: list[Sequence[Any]] = [_read_numbers(raw[column], faults) for column in self.numbers]
        read += [_read_categories(raw[column], faults) for column in self.categories]
        samples: list[tuple[Any, ...] | None] = list(zip(*read, strict=True)) if read else [None] * len(frame)
        state = np.array([any(v is not None for v in row) if row else False for row in samples], dtype=np.int8)
        faulty = {fault.row for fault in faults}
        for position, label in enumerate(frame.index):
            if state[position] == State.ABSENT:
                samples[position] = None
                if label in faulty:
                    state[position] = State.UNREADABLE
        return Cells(samples, state, faults)

    @classmethod
    def statistics_kind(cls) -> type[TabularStatistics]:
        return TabularStatistics

    def measure(self, samples: Sequence[tuple[Any, ...]]) -> TabularStatistics:
        n = len(self.numbers)
        quantiles, mean, std = [], [], []
        for position in range(n):
            seen = np.array([s[position] for s in samples if s[position] is not None], dtype=np.float64)
            seen = seen.clip(-LARGEST, LARGEST)
            cuts = np.unique(np.quantile(seen, np.linspace(0, 1, 17))) if len(seen) else np.zeros(1)
            quantiles.append(tuple(cuts.tolist()))
            mean.append(float(seen.mean()) if len(seen) else 0.0)
            std.append((float(seen.std()) if len(seen) else 1.0) or 1.0)
        values = []
        for position in range(n, n + len(self.categories)):
            counts = Counter(s[position] for s in samples if s[position] is not None)
            least = 1 if len(samples) < 200 else 3
            values.append(tuple(sorted(v for v, c in counts.most_common(self.max_categories) if c >= least)))
        return TabularStatistics(quantiles=tuple(quantiles), mean=tuple(mean), std=tuple(std), values=tuple(values))

    def prepare(self, sample: tuple[Any, ...], statistics: TabularStatistics) -> np.ndarray:
        n = len(statistics.mean)
        array = np.full(len(sample), np.nan, dtype=np.float32)
        for position, value in enumerate(sample):
            if value is None:
                continue
            if position < n:
                scaled = (value - statistics.mean[position]) / statistics.std[position]
                array[position] = min(max(scaled, -10.0), 10.0)
            else:
                array[position] = _code(statistics.values[position - n], value)
        return array

    def collate(self, arrays: Sequence[np.ndarray], statistics: TabularStatistics) -> tuple[Tensor, Tensor | None]:
        """`[n, F]`: standardised numbers, then category codes (0 is 'other'); zero in gaps; and mask `[n, F]`."""
        import torch

        values = np.stack(arrays)
        mask = ~np.isnan(values)
        return torch.from_numpy(np.where(mask, values, np.float32(0))), torch.from_numpy(mask)

    def html(self, sample: tuple[Any, ...]) -> str:
        shown = [(c, v) for c, v in zip((*self.numbers, *self.categories), sample, strict=True) if v is not None]
        rows = "".join(
            f"<dt>{html.escape(str(column))}</dt><dd>{html.escape(f'{v:g}' if isinstance(v, float) else v)}</dd>"
            for column, v in shown[:12]
        )
        more = f"<dt>and {len(shown) - 12} more</dt><dd></dd>" if len(shown) > 12 else ""
        return f'<dl class="tabular">{rows}{more}</dl>'

    @classmethod
    def example(cls, random: np.random.Generator) -> float:
        return float(random.normal())


def _is_categorical(values: pd.Series) -> bool:
    if isinstance(values.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(values):
        return True
    seen = values.dropna()
    if all(isinstance(one, (bool, np.bool_)) for one in seen.head(500)):
        return len(seen) > 0
    return bool(len(seen)) and bool(pd.to_numeric(seen, errors="coerce").notna().mean() < 0.9)


def _read_numbers(values: pd.Series, faults: list[CellError]) -> list[float | None]:
    numbers, lost = read_numbers(values)
    for row in np.flatnonzero(lost).tolist():
        raw = values.iloc[[row]].tolist()[0]
        faults.append(CellError(values.index[row], str(values.name), f"{shown(raw)} is no finite number"))
    return [None if np.isnan(number) else number for number in numbers.tolist()]


def _read_categories(values: pd.Series, faults: list[CellError]) -> list[str | None]:
    read: list[str | None] = []
    for position, value in enumerate(values.tolist()):
        if is_absent(value):
            read.append(None)
        elif isinstance(value, (str, bool, int, float, np.generic)):
            whole = isinstance(value, float) and value.is_integer()  # a gap turns integers to floats; 3.0 is still "3"
            read.append(str(int(value)) if whole else str(value))
        else:
            read.append(None)
            reason = f"a category is text or a number, {type(value).__name__} came"
            faults.append(CellError(values.index[position], str(values.name), reason))
    return read


def _code(known: tuple[str, ...], value: str) -> int:
    from bisect import bisect_left

    position = bisect_left(known, value)
    return position + 1 if position < len(known) and known[position] == value else OTHER
